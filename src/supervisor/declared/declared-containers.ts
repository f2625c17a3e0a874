import { describeError, type Log } from '../../journal/log.ts'
import { type Declaration, loadComposeDirectory } from '../compose/directory.ts'
import type { Service } from '../compose/service.ts'
import type { Container } from '../containers/container.ts'
import type { Creation } from '../containers/creation.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { ContainerStore } from '../containers/store.ts'
import type { Directories } from '../directories.ts'
import type { ImageStore } from '../images/store.ts'
import { DeclaredNetworks } from '../networks/declared-networks.ts'
import type { Networking } from '../networks/networking.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { OrderedService } from '../plan/stop-order.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Executor } from './executor.ts'
import { DeclaredFiles } from './files.ts'
import { ImageFreshness } from './image-freshness.ts'
import { type PlannedService, plannedStep } from './planned-step.ts'
import { type DeclaredContainer, isDeclared, keyOf } from './service-key.ts'
import { DeclaredServices } from './services.ts'
import { type ServiceFailure, ServiceWorkers } from './workers.ts'

export type DeclaredContainersOptions = {
  readonly directories: Directories
  readonly store: ContainerStore
  readonly images: ImageStore
  readonly releaseImages: { readonly images: ReleaseImages }
  readonly creation: Creation
  readonly lifecycle: Lifecycle
  readonly runtime: Runtime
  readonly networks: NetworkStore
  readonly networking: Networking
  readonly bootId: string
  readonly log: Log
  /** Called before each pull, which waits for it. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
}

/** What was to take the place of a container and failed; the container stays. */
export type ServiceRefusal = {
  readonly project: string
  readonly service: string
  readonly container: string
  readonly reason: string
  readonly at: string
}

/** What would be done, and what is wrong with the files that say so. */
export type ServicePlans = Pick<Declaration, 'problems'> & {
  readonly services: readonly PlannedService[]
}

/** Keeps the containers that the Compose files of the host declare as they say. */
export class DeclaredContainers {
  readonly #options: DeclaredContainersOptions
  readonly #log: Log
  readonly #files: DeclaredFiles
  readonly #freshness: ImageFreshness
  readonly #services: DeclaredServices
  readonly #networks: DeclaredNetworks
  readonly #workers: ServiceWorkers

  constructor(options: DeclaredContainersOptions) {
    const { directories, releaseImages, log } = options
    this.#options = options
    this.#log = log
    const files = new DeclaredFiles({
      directory: directories.compose,
      releaseImages: () => releaseImages.images,
      log,
      onRead: () => this.#afterRead(),
    })
    const services = new DeclaredServices({
      ...options,
      declaration: () => files.declaration,
      isDue: (service) => this.#freshness.isDue(service),
    })
    const freshness = new ImageFreshness({
      ...options,
      services: () => files.declaration.projects.flatMap((project) => project.services),
      onMoved: (reference) => {
        for (const key of services.refreshedBy(reference)) this.#workers.poke(key)
      },
    })
    const networks = new DeclaredNetworks(options)
    const executor = new Executor({
      ...options,
      networks,
      holders: services.holders,
      freshness,
      contents: (path) => files.declaration.projects.find(({ file }) => file === path)?.contents,
    })
    this.#freshness = freshness
    this.#files = files
    this.#services = services
    this.#networks = networks
    this.#workers = new ServiceWorkers({
      ...options,
      files,
      services,
      executor,
      onForgotten: () => void this.#removeOtherNetworks(),
    })
  }

  get declaration(): Declaration {
    return this.#files.declaration
  }

  get failures(): readonly ServiceFailure[] {
    return this.#workers.failures
  }

  get refusals(): readonly ServiceRefusal[] {
    return this.#services.keys.flatMap((key) => {
      const wanted = this.#services.desired(key)?.configHash
      return this.#services.containersOf(key).flatMap(({ name, origin, state: { refused } }) => {
        if (refused === undefined || refused.configHash !== wanted) return []
        const { project, name: service } = origin.service
        return [{ project, service, container: name, reason: refused.reason, at: refused.at }]
      })
    })
  }

  /** What is to be done, as the files are or as they would be with these texts instead, by name. */
  async plan(instead: Readonly<Record<string, string>>): Promise<ServicePlans> {
    const { directories, releaseImages } = this.#options
    const declaration = await loadComposeDirectory(
      directories.compose,
      releaseImages.images,
      instead,
    )
    const services = new DeclaredServices({
      ...this.#options,
      declaration: () => declaration,
      isDue: (service) => this.#freshness.isDue(service),
    })
    const plans: PlannedService[] = []
    for (const key of services.keys) {
      const steps = await services.steps(key)
      if (steps.length > 0) plans.push({ service: key, steps: steps.map(plannedStep) })
    }
    return { problems: declaration.problems, services: plans }
  }

  /** Reads the files and tries at once what failed before; resolves when nothing is left to do now. */
  async apply(): Promise<void> {
    await this.#files.read()
    await this.#freshness.apply()
    await this.#workers.tryAll()
  }

  /** What a service that was not yet started in this boot waits for: services that are not as it needs them. */
  waitsFor(service: Service): readonly string[] {
    return this.#services.waitsFor(service)
  }

  /** Reads the files, carries out what they say, and does so again when they change. */
  async begin(): Promise<void> {
    this.#files.watch()
    await this.#files.read()
  }

  /** Looks after one that an earlier supervisor left, whose record is true again. */
  takeOver(container: DeclaredContainer): void {
    if (container.state.status === 'exited') this.#workers.scheduleRestart(container)
  }

  /** Whoever shares its namespaces may have to be started, or started again. */
  afterStart(container: Container): void {
    if (isDeclared(container)) this.#workers.pokeDependants(keyOf(container.origin.service))
    for (const key of this.#services.sharing(container)) this.#workers.poke(key)
  }

  afterEnd(container: DeclaredContainer): void {
    const key = keyOf(container.origin.service)
    this.#workers.scheduleRestart(container)
    this.#workers.poke(key)
    this.#workers.pokeDependants(key)
  }

  /** One has become healthy, or has stopped being so. */
  afterHealth({ origin }: DeclaredContainer): void {
    this.#workers.poke(keyOf(origin.service))
    this.#workers.pokeDependants(keyOf(origin.service))
  }

  /** All services that are declared or have containers, and what they depend on, by their keys. */
  get order(): readonly OrderedService[] {
    const services = this.#services
    return services.keys.map((key) => ({ key, dependsOn: services.dependencies(key) }))
  }

  /** The containers of a service by its key. */
  containersOf(key: string): readonly DeclaredContainer[] {
    return this.#services.containersOf(key)
  }

  /** Resolves when the present step of a service, or of all, is done. */
  async idle(key?: string): Promise<void> {
    await this.#workers.idle(key)
  }

  /** Begins nothing any more. */
  close(): void {
    this.#files.close()
    this.#workers.close()
    this.#freshness.close()
  }

  async #afterRead(): Promise<void> {
    this.#freshness.look()
    this.#workers.pokeChanged()
    await this.#removeOtherNetworks()
  }

  async #removeOtherNetworks(): Promise<void> {
    // A file that cannot be read now may declare any of them.
    if (!this.#files.areComplete) return
    try {
      await this.#networks.removeOthers(this.declaration.projects)
    } catch (error) {
      this.#log.error(`networks that are not declared any more: ${describeError(error)}`)
    }
  }
}
