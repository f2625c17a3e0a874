import { mkdir, readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSlipwayError } from '../../errors/error.ts'
import { namesIn } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerStore } from '../containers/store.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { isMounted } from '../runtime/overlay.ts'
import { type Endpoint, type EndpointRequest, endpointsOf, newEndpoints } from './endpoint.ts'
import type { NetworkStore } from './store.ts'

/**
 * How long one stays on networks without names that nobody wants anything of. What follows at once, as it often does,
 * then finds the bridge there: to remove it and make it again takes several times as long as all else.
 */
const lingerMs = 250

/**
 * When a container is taken off its networks: before anybody goes on, or behind it, or not at all. Of a host
 * that goes down the network is left: it goes with the boot, and the kernel takes its time for it.
 */
export type WhenToLeave = 'at once' | 'later' | 'with the boot'

/** A container as it was when it ended, and when it is off its networks. */
type Leaving = {
  readonly container: Container
  /** Somebody waits for it. */
  readonly hurry: AbortController
  readonly done: Promise<void>
}

export type LeavingsOptions = {
  readonly directories: Directories
  readonly log: Log
  readonly networks: Pick<NetworkStore, 'get'>
  /** Takes a container off its networks; no harm when it is on none. */
  readonly disconnect: (container: Container) => Promise<void>
}

/**
 * Containers that have ended, or are gone, and are still being taken off their networks: the kernel takes
 * its time for it, and nobody but who wants the same ports, addresses or networks has to wait. Each is
 * written down for as long as it lasts, beside the pinned network namespace, which goes with the boot as well.
 */
export class Leavings {
  readonly #options: LeavingsOptions
  readonly #leavings = new Map<string, Leaving>()

  constructor(options: LeavingsOptions) {
    this.#options = options
  }

  /** Those that still hold addresses and ports. */
  get containers(): readonly Container[] {
    return [...this.#leavings.values()].map(({ container }) => container)
  }

  /** Takes a container off its networks, as far as it is on any. 'at once' throws why it could not be done. */
  async leave(container: Container, when: WhenToLeave): Promise<void> {
    if (when === 'with the boot') return
    const { netns } = containerPaths(this.#options.directories, container.id)
    if (!(await isMounted(netns))) return await rm(netns, { force: true })
    await this.#begin(container)
    if (when === 'later') return
    const leaving = this.#leavings.get(container.id)
    leaving?.hurry.abort()
    await leaving?.done
  }

  /** Goes on with what an earlier supervisor had no time for. */
  async takeOver(): Promise<void> {
    for (const file of await namesIn(this.#directory)) {
      const path = `${this.#directory}/${file}`
      // Written by `leave` alone, and replaced atomically: what parses is a record.
      if (!file.endsWith('.json')) await rm(path, { force: true })
      else this.#go(JSON.parse(await readFile(path, 'utf8')) as Container)
    }
  }

  /** Resolves when none is left of those that hold what is wanted. */
  async freed(holds: (container: Container) => boolean): Promise<void> {
    const holders = [...this.#leavings.values()].filter(({ container }) => holds(container))
    for (const { hurry } of holders) hurry.abort()
    // Why one could not be taken off was told, and is nobody else's matter.
    await Promise.allSettled(holders.map(({ done }) => done))
  }

  /** Resolves when nobody leaves a network any more. */
  async offNetwork(id: string): Promise<void> {
    await this.freed((container) =>
      endpointsOf(container).some(({ networkId }) => networkId === id),
    )
  }

  /**
   * Gives addresses to places on networks as `newEndpoints` does: none that somebody leaves, unless all others
   * are taken. Throws as it does.
   */
  async places(
    requests: readonly EndpointRequest[],
    own: readonly Endpoint[],
    store: Pick<ContainerStore, 'all'>,
  ): Promise<readonly Endpoint[]> {
    try {
      return newEndpoints(requests, own, [...store.all, ...this.containers])
    } catch (error) {
      if (this.#leavings.size === 0 || !isSlipwayError(error, 'SLIPWAY_SUPERVISOR_SUBNET_FULL'))
        throw error
      for (const { network } of requests) await this.offNetwork(network.id)
      return newEndpoints(requests, own, [...store.all, ...this.containers])
    }
  }

  /** Resolves when all have left. */
  async idle(): Promise<void> {
    await this.freed(() => true)
  }

  /** Written down first, so that whoever comes after a crash goes on with it. */
  async #begin(container: Container): Promise<void> {
    if (this.#leavings.has(container.id)) return
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    await writeFileAtomically(this.#record(container.id), JSON.stringify(container), {
      outlastsPowerLoss: false,
    })
    this.#go(container)
  }

  #go(container: Container): void {
    const { id, name } = container
    const hurry = new AbortController()
    const done = this.#leave(container, hurry.signal)
    this.#leavings.set(id, { container, hurry, done })
    done.catch((error: unknown) => {
      this.#options.log.error(`${name}: its networks: ${describeError(error)}`)
    })
  }

  /** What fails is left written down: the next supervisor tries again. */
  async #leave(container: Container, hurry: AbortSignal): Promise<void> {
    try {
      if (!this.#hasNames(container)) await elapsed(lingerMs, hurry)
      await this.#options.disconnect(container)
      await rm(this.#record(container.id), { force: true })
    } finally {
      this.#leavings.delete(container.id)
    }
  }

  /** Others would go on finding it by them. */
  #hasNames(container: Container): boolean {
    const { networks } = this.#options
    return endpointsOf(container).some(({ networkId }) => networks.get(networkId)?.names === true)
  }

  get #directory(): string {
    return `${this.#options.directories.runtime}/leaving`
  }

  #record(id: string): string {
    return `${this.#directory}/${id}.json`
  }
}

/** Resolves after a time, or when the signal aborts before. */
async function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
