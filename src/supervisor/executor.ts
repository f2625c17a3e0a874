import { isSlipwayError } from '../errors/error.ts'
import { supervisorErrors } from '../errors/supervisor.ts'
import type { Log } from '../journal/log.ts'
import { specOfService } from './compose/service.ts'
import type { Creation } from './containers/creation.ts'
import { shortId } from './containers/identity.ts'
import type { Lifecycle } from './containers/lifecycle.ts'
import type { ImageStore } from './images/store.ts'
import type { DeclaredNetworks } from './networks/declared-networks.ts'
import type { DesiredService, Step } from './plan/steps.ts'

export type ExecutorOptions = {
  readonly images: Pick<ImageStore, 'find' | 'pull' | 'using'>
  readonly creation: Creation
  readonly lifecycle: Lifecycle
  readonly networks: DeclaredNetworks
  readonly log: Log
  /** Holds a pull back until it has a chance: a host that has just booted has no network yet. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
}

/** Carries out the steps of a plan for declared containers, one function for each kind. */
export class Executor {
  readonly #options: ExecutorOptions

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  async execute(step: Step, signal: AbortSignal): Promise<void> {
    const { images, lifecycle, log, beforePull } = this.#options
    switch (step.kind) {
      case 'pullImage': {
        await beforePull(signal)
        log.info(`pulling ${step.reference}`)
        await images.pull(step.reference, { signal })
        return
      }
      case 'createContainer':
        return await this.#create(step.desired)
      case 'startContainer':
        await lifecycle.start(step.id, { restart: step.restart })
        return
      case 'stopContainer':
        await lifecycle.stop(step.id)
        return
      case 'removeContainer':
        return await lifecycle.remove(step.id)
    }
  }

  async #create({ service, configHash, file }: DesiredService): Promise<void> {
    const { images, creation, lifecycle, networks, log } = this.#options
    try {
      const endpoints = await networks.placesOf(service)
      const container = await images.using(
        async () => await images.find(service.image),
        async (image) =>
          await creation.create({
            name: service.containerName,
            origin: { kind: 'declared', file, service, configHash },
            spec: specOfService(service),
            image,
            imageReference: service.image,
            endpoints,
          }),
      )
      // It was there when the steps were planned: plan again.
      if (container === undefined) return
      log.info(`created container ${container.name} (${shortId(container.id)}) of ${service.image}`)
      lifecycle.publish(container, 'create')
    } catch (error) {
      if (!isSlipwayError(error, 'SLIPWAY_ENGINE_NAME_IN_USE')) throw error
      throw supervisorErrors.error(
        'SLIPWAY_SUPERVISOR_NAME_IN_USE',
        { name: service.containerName, id: shortId(String(error.details.id)) },
        error,
      )
    }
  }
}
