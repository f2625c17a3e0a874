import { mkdir } from 'node:fs/promises'
import { describeError, type Log } from '../journal/log.ts'
import { Adoption } from './adoption.ts'
import type { AppArmor } from './apparmor/apparmor.ts'
import type { Declaration } from './compose/directory.ts'
import type { Service } from './compose/service.ts'
import type { Container } from './containers/container.ts'
import { Creation } from './containers/creation.ts'
import { Lifecycle } from './containers/lifecycle.ts'
import { ContainerStore } from './containers/store.ts'
import { CreatedContainers } from './created-containers.ts'
import {
  DeclaredContainers,
  type ServicePlans,
  type ServiceRefusal,
} from './declared/declared-containers.ts'
import { isDeclared } from './declared/service-key.ts'
import type { ServiceFailure } from './declared/workers.ts'
import type { Directories } from './directories.ts'
import { EventLog } from './events/event-log.ts'
import { HealthMonitor } from './health/monitor.ts'
import { isRestartedWhenUnhealthy } from './health/restart-when-unhealthy.ts'
import { ImageCollector } from './image-collection/collector.ts'
import { ImageNeeds } from './image-collection/needs.ts'
import { PreviousImages } from './image-collection/previous-images.ts'
import type { CollectionSettings } from './image-collection/settings.ts'
import type { ImageStore } from './images/store.ts'
import { LocalImages } from './local-images.ts'
import { Networking } from './networks/networking.ts'
import { NetworkStore } from './networks/store.ts'
import { heldByFiles } from './release-images/in-use.ts'
import type { ReleaseImageKeeper, TakenRelease } from './release-images/keeper.ts'
import type { LogDriver } from './runtime/conmon.ts'
import { orphansEnded } from './runtime/orphans.ts'
import { readBootId } from './runtime/processes.ts'
import { Runtime } from './runtime/runtime.ts'
import type { Scope } from './runtime/scope.ts'
import { stopForShutdown } from './shutdown.ts'
import type { IdMapping } from './user-namespaces/id-mapping.ts'
import { VolumeStore } from './volumes/store.ts'
import { Watching } from './watching.ts'

export type SupervisorOptions = {
  readonly apparmor: AppArmor
  readonly directories: Directories
  readonly images: ImageStore
  readonly releaseImages: ReleaseImageKeeper
  /** When images that nobody needs go; never if absent. */
  readonly collection?: CollectionSettings | undefined
  readonly scope: Scope
  readonly logDriver: LogDriver
  /** What the ids of new containers are on the host; the host's own if absent. */
  readonly userNamespaces?: IdMapping | undefined
  readonly log: Log
  /** Called before each pull, which waits for it. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
}

/**
 * Brings the containers of this host to what the Compose files declare, and keeps them there; keeps
 * those that clients of the API made as their policies say.
 */
export class Supervisor {
  readonly events: EventLog
  readonly lifecycle: Lifecycle
  readonly creation: Creation
  readonly runtime: Runtime
  readonly health: HealthMonitor
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  readonly networking: Networking
  readonly localImages: LocalImages
  readonly #options: SupervisorOptions
  readonly #store: ContainerStore
  readonly #bootId: string
  readonly #declared: DeclaredContainers
  readonly #created: CreatedContainers
  readonly #watching: Watching
  readonly #previousImages: PreviousImages
  readonly #imageNeeds: ImageNeeds
  readonly #collector: ImageCollector
  readonly #closing = new AbortController()
  #goingDown: Promise<void> | undefined

  private constructor(options: SupervisorOptions, kept: Kept, bootId: string) {
    const { directories, images, releaseImages, log } = options
    const { store, volumes, networks, events, previousImages } = kept
    this.#options = options
    this.#store = store
    this.#bootId = bootId
    this.volumes = volumes
    this.networks = networks
    this.events = events
    this.#previousImages = previousImages
    this.#imageNeeds = new ImageNeeds({
      ...{ images, releaseImages, previousImages, log },
      containers: () => store.all,
      declaration: () => this.declaration,
    })
    const runtime = new Runtime({ ...options, volumes, networks })
    this.runtime = runtime
    const { userNamespaces } = options
    this.creation = new Creation({
      ...{ store, runtime, directories, volumes, networks, userNamespaces },
    })
    this.lifecycle = new Lifecycle({
      ...{ store, runtime, volumes, networks, bootId, events, log },
      onEnded: (container) => {
        if (isDeclared(container)) this.#declared.afterEnd(container)
        else this.#created.restartLater(container)
      },
      onStarted: (container) => {
        this.health.begin(container)
        this.#declared.afterStart(container)
      },
      onRemoved: (container) => {
        previousImages.note(container)
        void this.#imageNeeds.letGo(container)
      },
    })
    const { creation, lifecycle } = this
    this.health = new HealthMonitor({
      ...{ lifecycle, runtime, directories, log },
      get: (id) => store.get(id),
      onChanged: (container) => {
        if (isDeclared(container)) this.#declared.afterHealth(container)
        void this.#restartIfIll(container)
      },
    })
    this.localImages = new LocalImages({
      ...{ images, events },
      containers: () => store.all,
      held: () => new Map([...heldByFiles(this.declaration), ...releaseImages.held]),
    })
    this.#collector = new ImageCollector({
      images: this.localImages,
      directory: directories.state,
      settings: options.collection,
      needed: () => this.#imageNeeds.needed(),
      log,
    })
    images.makeRoomBy((freeBytes) => this.#collector.makeRoom(freeBytes))
    this.networking = new Networking({ networks, store, lifecycle, runtime })
    const { networking } = this
    const kinds = {
      ...options,
      ...{ store, creation, lifecycle, runtime, networks, networking, bootId },
    }
    this.#declared = new DeclaredContainers(kinds)
    this.#created = new CreatedContainers(kinds)
    this.#watching = new Watching({ store, lifecycle, runtime, log })
  }

  /** Takes over what an earlier supervisor left, and begins to carry out the declaration. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { directories } = options
    await mkdir(directories.state, { recursive: true, mode: 0o711 })
    const store = await ContainerStore.open(directories)
    const events = new EventLog()
    const usersOf = (name: string) => volumeUsers(store.all, name)
    const volumes = await VolumeStore.open({ directories, events, usersOf })
    const networks = await NetworkStore.open({ directories, events })
    const previousImages = await PreviousImages.open(
      `${directories.state}/previous-images.json`,
      options.log,
    )
    const kept = { store, volumes, networks, events, previousImages }
    const supervisor = new Supervisor(options, kept, await readBootId())
    await supervisor.#takeOver()
    supervisor.#watching.begin()
    await supervisor.#declared.begin()
    // What a supervisor before this one had no time for.
    await supervisor.#imageNeeds.letGoOfReleases()
    supervisor.#collector.begin()
    return supervisor
  }

  get declaration(): Declaration {
    return this.#declared.declaration
  }

  get images(): ImageStore {
    return this.#options.images
  }

  get containers(): readonly Container[] {
    return this.#store.all
  }

  /** What the ids of new containers are on the host. */
  get userNamespaces(): IdMapping | undefined {
    return this.#options.userNamespaces
  }

  get failures(): readonly ServiceFailure[] {
    return this.#declared.failures
  }

  /** What was to replace a container and failed. */
  get refusals(): readonly ServiceRefusal[] {
    return this.#declared.refusals
  }

  /** What is to be done for declared containers, as the files are or would be with these texts instead. */
  async plan(instead: Readonly<Record<string, string>>): Promise<ServicePlans> {
    return await this.#declared.plan(instead)
  }

  /** Carries out what the files say now, with what failed before; resolves when nothing is left to do now. */
  async apply(): Promise<void> {
    await this.#declared.apply()
  }

  /** True once containers are stopped since the host goes down: nothing is started any more. */
  get goesDown(): boolean {
    return this.#goingDown !== undefined
  }

  /** What a service that was not yet started in this boot waits for: services that are not as it needs them. */
  waitsFor(service: Service): readonly string[] {
    return this.#declared.waitsFor(service)
  }

  /** Brings the images of a release that is to be taken; see `ReleaseImageKeeper`. */
  async takeReleaseImages(release: TakenRelease, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#closing.signal])
    await this.#options.releaseImages.take(release, () => this.#imageNeeds.inUse(), either)
  }

  /** Ends the supervisor alone: steps under way are finished, containers keep running. */
  async close(): Promise<void> {
    this.#endWork()
    await this.#declared.idle()
    await this.lifecycle.idle()
    // With the host they go anyway.
    if (!this.goesDown) await this.runtime.leavings.idle()
    await this.#goingDown
    await this.#collector.close()
    await this.#previousImages.idle()
  }

  /**
   * Stops all containers of a host that goes down, each after those that depend on it, by its own
   * signal and grace period. The next supervisor starts them again. When `timeUp` aborts, nobody is
   * waited for any longer: see `Endings.stop`. Resolves when all have ended. Throws
   * SLIPWAY_SUPERVISOR_CONTAINERS_LEFT.
   */
  async stopContainers(timeUp: AbortSignal): Promise<void> {
    this.#endWork()
    const store = this.#store
    const declared = this.#declared
    // They depend on each other only in what shares a namespace, which outlives its first holder.
    const created = store.all
      .filter(({ origin }) => origin.kind === 'api')
      .map(({ id }) => ({ key: id, dependsOn: [] }))
    this.#goingDown ??= stopForShutdown(
      {
        store,
        lifecycle: this.lifecycle,
        log: this.#options.log,
        services: [...declared.order, ...created],
        containersOf: (key) => {
          const one = store.get(key)
          return one === undefined ? declared.containersOf(key) : [one]
        },
        idle: (key) => declared.idle(key),
      },
      timeUp,
    )
    await this.#goingDown
  }

  #endWork(): void {
    this.#closing.abort()
    this.#declared.close()
    this.#created.close()
    this.health.close()
    this.#watching.close()
  }

  /** Its end has it started again after its back-off, as after a crash. */
  async #restartIfIll(container: Container): Promise<void> {
    const { id, name } = container
    if (this.health.of(id)?.status !== 'unhealthy' || !isRestartedWhenUnhealthy(container)) return
    try {
      await this.lifecycle.stop(id, { keep: true, because: { unhealthy: true } })
    } catch (error) {
      this.#options.log.error(`container ${name} is unhealthy: ${describeError(error)}`)
    }
  }

  async #takeOver(): Promise<void> {
    const { runtime, networking, lifecycle } = this
    const { log } = this.#options
    const store = this.#store
    const busy = await orphansEnded(this.#options.directories)
    for (const one of busy) log.warning(`an earlier supervisor began what does not end: ${one}`)
    await runtime.prepare()
    await runtime.leavings.takeOver()
    // Containers that run are looked after even where rules cannot be set.
    await networking.takeOver().catch((error: unknown) => {
      log.error(`rules of networks: ${describeError(error)}`)
    })
    const bootId = this.#bootId
    const adoption = new Adoption({ store, lifecycle, runtime, networking, bootId, log })
    for (const container of store.all) {
      const adopted = await adoption.adopt(container)
      if (adopted?.state.status === 'running') this.health.begin(adopted)
      if (adopted !== undefined && isDeclared(adopted)) this.#declared.takeOver(adopted)
    }
    await this.#created.takeOver()
  }
}

/** What is on disk and in memory, and who is told of its changes. */
type Kept = {
  readonly store: ContainerStore
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  readonly events: EventLog
  readonly previousImages: PreviousImages
}

function volumeUsers(containers: readonly Container[], name: string): string[] {
  return containers
    .filter(({ spec }) =>
      spec.mounts.some(({ type, source }) => type === 'volume' && source === name),
    )
    .map(({ id }) => id)
}
