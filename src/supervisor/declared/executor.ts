import { isSlipwayError } from '../../errors/error.ts'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { describeError, type Log } from '../../journal/log.ts'
import { specOfService } from '../compose/service.ts'
import type { Creation } from '../containers/creation.ts'
import { shortId } from '../containers/identity.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { ContainerStore } from '../containers/store.ts'
import type { ImageStore } from '../images/store.ts'
import type { DeclaredNetworks } from '../networks/declared-networks.ts'
import type { DesiredService, Step } from '../plan/steps.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { DeclaredHolders } from './holders.ts'
import type { ImageFreshness } from './image-freshness.ts'
import { Replacement } from './replacement.ts'

export type ExecutorOptions = {
  readonly store: ContainerStore
  readonly images: Pick<ImageStore, 'find' | 'using'>
  readonly freshness: ImageFreshness
  readonly creation: Creation
  readonly lifecycle: Lifecycle
  readonly runtime: Pick<Runtime, 'refreshNames'>
  readonly networks: DeclaredNetworks
  readonly holders: DeclaredHolders
  /** What is in the configs and secrets of a Compose file, by digest. */
  readonly contents: (file: string) => ReadonlyMap<string, Buffer> | undefined
  readonly log: Log
}

/** Carries out the steps of a plan for declared containers, one function for each kind. */
export class Executor {
  readonly #options: ExecutorOptions
  readonly #replacement: Replacement

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#replacement = new Replacement(options)
  }

  async execute(step: Exclude<Step, { kind: 'awaitContainer' }>): Promise<void> {
    const { images, freshness, lifecycle, log } = this.#options
    switch (step.kind) {
      case 'pullImage':
        return await freshness.askOrKeep(step.reference)
      case 'requireImage':
        if ((await images.find(step.reference)) === undefined)
          throw supervisorErrors.error('SLIPWAY_SUPERVISOR_IMAGE_NOT_HERE', {
            image: step.reference,
          })
        return
      case 'createContainer':
        return await this.#create(step.desired, step.successor)
      case 'startContainer':
        if (step.onTrial === true) await this.#try(step.id)
        else await lifecycle.start(step.id, { restart: step.restart })
        return
      case 'restartContainer':
        await lifecycle.stop(step.id, { keep: true, because: { setAside: true } })
        await lifecycle.start(step.id)
        return
      case 'stopContainer':
        await lifecycle.stop(step.id, step.aside ? { because: { setAside: true } } : {})
        return
      case 'removeContainer':
        return await lifecycle.remove(step.id)
      case 'handOver':
        return await this.#replacement.handOver(step.id, step.from)
      case 'takeName':
        return await nameOr(step.name, () => this.#replacement.takeName(step.id, step.name))
      case 'refuseSuccessor': {
        const { id, configHash, image, reason } = step
        log.error(`container ${this.#options.store.get(id)?.name ?? id} stays: ${reason}`)
        const at = new Date().toISOString()
        return await this.#replacement.refuse(id, { configHash, image, reason, at })
      }
    }
  }

  /** What failed in the place of a container may be tried again. */
  async forgive(id: string): Promise<void> {
    await this.#replacement.forgive(id)
  }

  /** Starts a successor. Why it cannot be started is in its record, and its trial goes by that. */
  async #try(id: string): Promise<void> {
    const { store, lifecycle, log } = this.#options
    try {
      await lifecycle.start(id)
    } catch (error) {
      if ((store.get(id)?.state.error ?? '') === '') throw error
      log.error(`${store.get(id)?.name} does not start: ${describeError(error)}`)
    }
  }

  async #create({ service, configHash, file }: DesiredService, successor: boolean): Promise<void> {
    const { images, creation, lifecycle, networks, log, contents } = this.#options
    const { containerName, files = [] } = service
    const known = contents(file)
    // The file says something else by now: plan again.
    if (!files.every(({ digest }) => known?.has(digest) === true)) return
    const holders = this.#options.holders.of(service)
    if (holders === undefined) return
    // As Compose calls one that is not in its place yet.
    const name = successor ? `${configHash.slice(0, 12)}_${containerName}` : containerName
    await nameOr(name, async () => {
      const places = await networks.placesOf(service)
      const container = await images.using(
        async () => await images.find(service.image),
        async (image) =>
          await creation.create({
            name,
            origin: {
              ...{ kind: 'declared', file, service, configHash },
              ...(Object.keys(holders).length > 0 ? { holders } : {}),
              ...(successor ? { successor: 'on-trial' } : {}),
            },
            spec: specOfService(service, holders),
            image,
            imageReference: service.image,
            ...(known === undefined ? {} : { contents: known }),
            // Nobody is to reach by the names of the service what may not be well.
            endpoints: successor ? places.map((place) => ({ ...place, aliases: [] })) : places,
          }),
      )
      // It was there when the steps were planned: plan again.
      if (container === undefined) return
      log.info(`created container ${container.name} (${shortId(container.id)}) of ${service.image}`)
      lifecycle.publish(container, 'create')
    })
  }
}

/** Throws SLIPWAY_SUPERVISOR_NAME_IN_USE in the place of the engine's error. */
async function nameOr(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isSlipwayError(error, 'SLIPWAY_ENGINE_NAME_IN_USE')) throw error
    throw supervisorErrors.error(
      'SLIPWAY_SUPERVISOR_NAME_IN_USE',
      { name, id: shortId(String(error.details.id)) },
      error,
    )
  }
}
