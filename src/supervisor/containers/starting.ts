import { engineErrors } from '../../errors/engine.ts'
import { endpointsOf, haveSameAddress, networkRecord, withPublisher } from '../networks/endpoint.ts'
import { chooseHostPorts, overlap } from '../networks/host-ports.ts'
import type { NetworkStore } from '../networks/store.ts'
import { namespaceHolders } from '../runtime/namespaces.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Serial } from '../serial.ts'
import type { Container } from './container.ts'
import { nextDelayMs } from './restart.ts'
import type { Runs } from './runs.ts'
import type { PortBinding } from './spec.ts'
import { runtimeReason, startFailure } from './start-failure.ts'
import type { ContainerStore } from './store.ts'

export type StartingOptions = {
  readonly store: ContainerStore
  readonly runtime: Runtime
  readonly runs: Runs
  readonly networks: NetworkStore
  readonly bootId: string
}

/** What Docker counts a failure as that is not the program's. */
const unknownFailure = 128

/** The container as its record is after a start that failed, and what to tell whoever asked for it. */
export type FailedStart = { readonly container: Container; readonly error: unknown }

/** Starts containers: from the choice of ports to a record that says that it runs. */
export class Starting {
  readonly #options: StartingOptions
  /** Two at once could take the same port. */
  readonly #choice = new Serial()

  constructor(options: StartingOptions) {
    this.#options = options
  }

  /** Gives the container as it runs, or as it failed to: then nothing is left of the attempt. */
  async start(container: Container, restart: boolean): Promise<Container | FailedStart> {
    const { store, runtime, runs } = this.#options
    // Nothing can be left of a container that was never started.
    if (container.state.starts > 0) await runtime.cleanUp(container)
    let starting = this.#begun(container, restart)
    try {
      const pids = this.#pidsOfHolders(container)
      starting = await this.#choice.run(() => this.#withPorts(starting))
      const { process, warnings } = await runtime.start(starting, {
        pids,
        created: async (created) => {
          await store.save({ ...starting, state: { ...starting.state, process: created } })
          runs.begin(starting.id)
        },
      })
      const state = runningState(starting, { process, warnings })
      return await store.save({ ...starting, state })
    } catch (error) {
      return await this.#failed(starting, error)
    }
  }

  #begun(container: Container, restart: boolean): Container {
    const {
      process: _none,
      stopped: _before,
      setAside: _aside,
      unhealthy: _ill,
      ports: _last,
      health: _old,
      ...before
    } = container.state
    return {
      ...container,
      state: {
        ...before,
        status: 'created',
        starts: before.starts + 1,
        restartCount: restart ? before.restartCount + 1 : 0,
        backoffMs: restart ? (nextDelayMs(container) ?? 0) : 0,
        error: '',
        bootId: this.#options.bootId,
        warnings: [],
      },
    }
  }

  async #failed(starting: Container, error: unknown): Promise<FailedStart> {
    const reason = runtimeReason(error)
    const failure = reason === undefined ? undefined : startFailure(reason)
    const message = failure?.message ?? (error instanceof Error ? error.message : String(error))
    const { process: _gone, ports: _free, ...state } = starting.state
    const container = await this.#options.store.save({
      ...starting,
      state: {
        ...state,
        error: message,
        exitCode: failure?.exitCode ?? unknownFailure,
        oomKilled: false,
      },
    })
    if (failure === undefined) return { container, error }
    const told = `failed to create task for container: OCI runtime create failed: ${message}`
    const details = { reason: told }
    return { container, error: engineErrors.error('SLIPWAY_ENGINE_START_FAILED', details, error) }
  }

  #pidsOfHolders({ spec }: Container): ReadonlyMap<string, number> {
    return new Map(
      namespaceHolders(spec).map((holder) => {
        const { status, process } = this.#options.store.get(holder)?.state ?? {}
        if (status !== 'running' || process === undefined)
          throw engineErrors.error('SLIPWAY_ENGINE_HOLDER_NOT_RUNNING', { id: holder })
        return [holder, process.pid]
      }),
    )
  }

  /** Throws SLIPWAY_ENGINE_NO_SUCH_NETWORK, SLIPWAY_ENGINE_ADDRESS_IN_USE. */
  #withPlaces(container: Container): Container {
    const { store, networks } = this.#options
    const endpoints = endpointsOf(container)
    for (const { networkId } of endpoints) networks.require(networkId)
    const others = store.all
      .filter(({ id, state }) => id !== container.id && state.status !== 'exited')
      .filter(({ state }) => state.status === 'running' || state.ports !== undefined)
    const chosen = endpoints.filter(
      (one) => one.chosen?.ipv4 !== undefined || one.chosen?.ipv6 !== undefined,
    )
    if (others.some((other) => haveSameAddress(other, chosen)))
      throw engineErrors.error('SLIPWAY_ENGINE_ADDRESS_IN_USE', {})
    const isInternal = (id: string) => networks.get(id)?.internal === true
    return { ...container, network: networkRecord(withPublisher(endpoints, isInternal)) }
  }

  /** The firewall would send the traffic of a port that two containers publish to one of them. */
  async #withPorts(container: Container): Promise<Container> {
    const { id, name, spec, state } = container
    const { store, runtime } = this.#options
    const ports = await chooseHostPorts(spec.ports)
    const places = endpointsOf(container)
    await runtime.leavings.freed(
      (other) => haveSameAddress(other, places) || haveSamePort(other, ports),
    )
    const taken = store.all
      .filter((other) => other.id !== id && other.state.status !== 'exited')
      .flatMap((other) => other.state.ports ?? [])
    for (const binding of ports)
      if (taken.some((other) => overlap(other, binding)))
        throw engineErrors.error('SLIPWAY_ENGINE_PORT_ALLOCATED', {
          name,
          address: binding.hostIp,
          port: binding.hostPort,
        })
    const placed = this.#withPlaces(container)
    return await store.save({ ...placed, state: { ...state, ports } })
  }
}

/** The state of a container whose process was just let go. How its last run ended is known until then. */
export function runningState(
  { state }: Container,
  changes: Pick<Container['state'], 'process' | 'warnings'>,
): Container['state'] {
  const { finishedAt: _past, ...rest } = state
  const fresh = { exitCode: 0, oomKilled: false, startedAt: new Date().toISOString() }
  return { ...rest, ...changes, ...fresh, status: 'running' }
}

function haveSamePort({ state }: Container, ports: readonly PortBinding[]): boolean {
  return (state.ports ?? []).some((one) => ports.some((other) => overlap(one, other)))
}
