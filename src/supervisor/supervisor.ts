import { watch } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { problemText } from '../checked-yaml/problem.ts'
import { describeError, type Log } from '../journal/log.ts'
import { type Declaration, loadComposeDirectory } from './compose/directory.ts'
import type { Service } from './compose/service.ts'
import type { Container, Declared } from './containers/container.ts'
import { Creation } from './containers/creation.ts'
import { configHash } from './containers/identity.ts'
import { Lifecycle } from './containers/lifecycle.ts'
import { restartInMs } from './containers/restart.ts'
import { runningState } from './containers/starting.ts'
import { ContainerStore } from './containers/store.ts'
import { CreatedContainers } from './created-containers.ts'
import type { Directories } from './directories.ts'
import { EventLog } from './events/event-log.ts'
import { Executor } from './executor.ts'
import { HealthMonitor } from './health/monitor.ts'
import type { ImageStore } from './images/store.ts'
import { LocalImages } from './local-images.ts'
import { DeclaredNetworks } from './networks/declared-networks.ts'
import { Networking } from './networks/networking.ts'
import { NetworkStore } from './networks/store.ts'
import { type DesiredService, type Step, steps } from './plan/steps.ts'
import { dependenciesNotMet } from './plan/waits.ts'
import { heldByFiles, imagesInUse } from './release-images/in-use.ts'
import type { ReleaseImageKeeper, TakenRelease } from './release-images/keeper.ts'
import type { LogDriver } from './runtime/conmon.ts'
import { readBootId } from './runtime/processes.ts'
import { Runtime } from './runtime/runtime.ts'
import type { Scope } from './runtime/scope.ts'
import { stopForShutdown } from './shutdown.ts'
import { VolumeStore } from './volumes/store.ts'

const firstRetryMs = 250
const longestRetryMs = 60_000
/** fs.watch can miss changes, a directory that appears later for one: look again now and then. */
const rescanIntervalMs = 10_000
/** conmon may have been killed: then no exit file tells of the container's end. */
const livenessIntervalMs = 2_000
/** An editor writes a file in several steps. */
const settleMs = 100

export type SupervisorOptions = {
  readonly directories: Directories
  readonly images: ImageStore
  readonly releaseImages: ReleaseImageKeeper
  readonly scope: Scope
  readonly logDriver: LogDriver
  readonly log: Log
  /** Called before each pull, which waits for it. */
  readonly beforePull: (signal: AbortSignal) => Promise<void>
}

/** What keeps a service from being as declared. */
export type ServiceFailure = {
  readonly project: string
  readonly service: string
  readonly step: Step['kind']
  readonly error: unknown
  readonly count: number
  readonly retryAt: Date
}

/**
 * Brings the containers of this host to what the Compose files declare, and keeps them there. Each
 * service goes its own way, so that a slow pull or a crash loop holds up no other.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly events: EventLog
  readonly lifecycle: Lifecycle
  readonly creation: Creation
  readonly runtime: Runtime
  readonly health: HealthMonitor
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  readonly networking: Networking
  readonly localImages: LocalImages
  readonly #store: ContainerStore
  readonly #executor: Executor
  readonly #declaredNetworks: DeclaredNetworks
  readonly #created: CreatedContainers
  readonly #bootId: string
  readonly #closing = new AbortController()
  readonly #workers = new Map<string, Worker>()
  readonly #timers = new Set<NodeJS.Timeout>()
  /** Undefined until it was read: then nothing may be done, or all containers would seem undeclared. */
  #declaration: Declaration | undefined
  #reportedProblems = ''
  #scan: NodeJS.Timeout | undefined
  #goingDown: Promise<void> | undefined

  private constructor(options: SupervisorOptions, kept: Kept, bootId: string) {
    const { directories, images, log, beforePull } = options
    this.#options = options
    const { store, volumes, networks, events } = kept
    this.#store = store
    this.volumes = volumes
    this.networks = networks
    this.events = events
    this.#bootId = bootId
    const runtime = new Runtime({ ...options, volumes, networks })
    this.runtime = runtime
    this.creation = new Creation({ store, runtime, directories, volumes, networks })
    this.lifecycle = new Lifecycle({
      store,
      runtime,
      volumes,
      networks,
      bootId,
      events,
      log,
      onEnded: (container) => this.#afterEnd(container),
      onStarted: (container) => this.health.begin(container),
    })
    this.health = new HealthMonitor({
      lifecycle: this.lifecycle,
      runtime,
      directories,
      log,
      get: (id) => store.get(id),
      onChanged: ({ origin }) => {
        if (origin.kind === 'declared') this.#pokeDependants(keyOf(origin.service))
      },
    })
    this.localImages = new LocalImages({
      images,
      events,
      containers: () => store.all,
      held: () => new Map([...heldByFiles(this.declaration), ...options.releaseImages.held]),
    })
    const { creation, lifecycle } = this
    this.networking = new Networking({ networks, store, lifecycle, runtime })
    this.#declaredNetworks = new DeclaredNetworks({ networks, networking: this.networking })
    this.#executor = new Executor({
      images,
      creation,
      lifecycle,
      networks: this.#declaredNetworks,
      log,
      beforePull,
    })
    this.#created = new CreatedContainers({ store, lifecycle, bootId, log })
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
    const kept = { store, volumes, networks, events }
    const supervisor = new Supervisor(options, kept, await readBootId())
    await supervisor.runtime.prepare()
    for (const container of store.all) await supervisor.#adopt(container)
    await supervisor.#created.takeOver()
    supervisor.#watch()
    await supervisor.#rescan()
    return supervisor
  }

  get declaration(): Declaration {
    return this.#declaration ?? nothingDeclared
  }

  get images(): ImageStore {
    return this.#options.images
  }

  get containers(): readonly Container[] {
    return this.#store.all
  }

  get failures(): readonly ServiceFailure[] {
    return [...this.#workers.values()].flatMap(({ failure }) => failure ?? [])
  }

  /** True once containers are stopped since the host goes down: nothing is started any more. */
  get goesDown(): boolean {
    return this.#goingDown !== undefined
  }

  /** What a service that was not yet started in this boot waits for: services that are not as it needs them. */
  waitsFor(service: Service): readonly string[] {
    if (this.#wasStarted(keyOf(service))) return []
    return dependenciesNotMet(service, (name) => {
      const key = keyOf({ project: service.project, name })
      const states = this.#containersOf(key).map(({ state }) => state)
      return {
        wasStarted: this.#wasStarted(key),
        isHealthy: states.some(
          ({ status, health }) => status === 'running' && health === 'healthy',
        ),
        hasSucceeded: states.some(
          ({ status, exitCode, bootId }) =>
            status === 'exited' && exitCode === 0 && bootId === this.#bootId,
        ),
      }
    })
  }

  /** Brings the images of a release that is to be taken; see `ReleaseImageKeeper`. */
  async takeReleaseImages(release: TakenRelease, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#closing.signal])
    await this.#options.releaseImages.take(
      release,
      () => imagesInUse(this.#store.all, this.declaration),
      either,
    )
  }

  /** Ends the supervisor alone: steps under way are finished, containers keep running. */
  async close(): Promise<void> {
    this.#endWork()
    await Promise.all([...this.#workers.values()].map(({ done }) => done))
    await this.lifecycle.idle()
    await this.#goingDown
  }

  /**
   * Stops all containers of a host that goes down, each after those that depend on it, by its own
   * signal and grace period. The next supervisor starts them again. When `timeUp` aborts, nobody is
   * waited for any longer: see `Endings.stop`. Resolves when all have ended. Throws
   * SLIPWAY_SUPERVISOR_CONTAINERS_LEFT.
   */
  async stopContainers(timeUp: AbortSignal): Promise<void> {
    this.#endWork()
    this.#goingDown ??= stopForShutdown(
      {
        store: this.#store,
        lifecycle: this.lifecycle,
        log: this.#options.log,
        services: [
          ...this.#keys().map((key) => ({ key, dependsOn: this.#dependencies(key) })),
          // They depend on each other only in what shares a namespace, which outlives its first holder.
          ...this.#store.all
            .filter(({ origin }) => origin.kind === 'api')
            .map(({ id }) => ({ key: id, dependsOn: [] })),
        ],
        containersOf: (key) => {
          const created = this.#store.get(key)
          return created === undefined ? this.#containersOf(key) : [created]
        },
        idle: async (key) => await this.#workers.get(key)?.done,
      },
      timeUp,
    )
    await this.#goingDown
  }

  /** Keys of what a service depends on, as the files say now; of one that left them, its record. */
  #dependencies(key: string): readonly string[] {
    const service = this.#desired(key)?.service ?? this.#containersOf(key)[0]?.origin.service
    return (service?.dependsOn ?? []).map((name) =>
      keyOf({ project: service?.project ?? '', name }),
    )
  }

  /** Of all services that are declared or have containers. */
  #keys(): readonly string[] {
    const keys = new Set(this.#declared().map(({ origin }) => keyOf(origin.service)))
    for (const { services } of this.declaration.projects)
      for (const service of services) keys.add(keyOf(service))
    return [...keys]
  }

  #endWork(): void {
    this.#closing.abort()
    this.#created.close()
    this.health.close()
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#scan)
  }

  /** Makes the record of a container true after a time in which nobody kept it. */
  async #adopt(container: Container): Promise<void> {
    const { log } = this.#options
    const { state } = container
    const thisBoot = state.bootId === this.#bootId
    if (state.status === 'running') {
      const exit = thisBoot
        ? await this.runtime.endings.exitOf(container)
        : { exitCode: 255, finishedAt: new Date(), oomKilled: false }
      if (exit === undefined) log.info(`adopted container ${container.name}`)
      else await this.lifecycle.recordExit(container.id, exit)
    } else if (state.process !== undefined) {
      // The last supervisor ended while it started this one.
      if (thisBoot && (await this.runtime.endings.isRunning(container))) {
        const changes = { process: state.process, warnings: state.warnings }
        await this.#store.save({ ...container, state: runningState(container, changes) })
        log.info(`adopted container ${container.name}`)
      } else {
        const { process: _gone, ...rest } = state
        await this.#cleanUp(await this.#store.save({ ...container, state: rest }))
      }
    } else await this.#cleanUp(container)
    const adopted = this.#store.get(container.id)
    if (adopted?.state.status === 'running') {
      await this.#restoreNetworks(adopted)
      this.health.begin(adopted)
    }
    if (adopted?.origin.kind === 'declared' && adopted.state.status === 'exited')
      this.#scheduleRestart(adopted)
  }

  /** What one container has left behind keeps nobody from looking after the others. */
  async #cleanUp(container: Container): Promise<void> {
    try {
      await this.runtime.cleanUp(container)
    } catch (error) {
      this.#options.log.error(`${container.name}: what it left behind: ${describeError(error)}`)
    }
  }

  async #restoreNetworks(container: Container): Promise<void> {
    try {
      await this.networking.restore(container)
    } catch (error) {
      // It runs, if not on all of its networks; its next start puts it there.
      this.#options.log.error(`${container.name}: networks: ${describeError(error)}`)
    }
  }

  #watch(): void {
    const { signal } = this.#closing
    const { compose } = this.#options.directories
    try {
      watch(compose, { signal }, () => this.#rescanSoon()).on('error', () => this.#rescanSoon())
    } catch (error) {
      // Not there yet: the regular look will find it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    watch(this.runtime.exitDirectory, { signal }, (_event, id) => {
      // conmon gives the finished file its name, the container's id.
      if (id !== null && this.#store.get(id) !== undefined) void this.#observe(id)
    })
    this.#every(rescanIntervalMs, () => this.#rescanSoon())
    this.#every(livenessIntervalMs, () => this.#lookForExits())
    this.#every(livenessIntervalMs, () => void this.#refreshNameServers())
  }

  async #refreshNameServers(): Promise<void> {
    const running = this.#store.all.filter(({ state }) => state.status === 'running')
    for (const container of running)
      try {
        await this.runtime.refreshNameServers(container)
      } catch (error) {
        // It may have ended just now, and its files with it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          this.#options.log.warning(`${container.name}: name servers: ${describeError(error)}`)
      }
  }

  #rescanSoon(): void {
    clearTimeout(this.#scan)
    this.#scan = setTimeout(() => void this.#rescan(), settleMs)
  }

  async #rescan(): Promise<void> {
    const { directories, releaseImages, log } = this.#options
    try {
      this.#declaration = await loadComposeDirectory(directories.compose, releaseImages.images)
    } catch (error) {
      log.error(`cannot read ${directories.compose}: ${describeError(error)}`)
      return
    }
    const problems = this.#declaration.problems.map(problemText).join('\n')
    if (problems !== this.#reportedProblems && problems !== '') log.error(problems)
    this.#reportedProblems = problems
    for (const key of this.#keys()) {
      const wanted = this.#desired(key)?.configHash
      const worker = this.#worker(key)
      // A changed declaration is a new chance; an unchanged one keeps its back-off.
      if (worker.failure !== undefined && worker.wanted === wanted) continue
      worker.wanted = wanted
      this.#poke(key)
    }
    await this.#removeUndeclaredNetworks()
  }

  async #removeUndeclaredNetworks(): Promise<void> {
    // A file that cannot be read now may declare any of them.
    if (this.#declaration === undefined || this.#declaration.failedFiles.length > 0) return
    try {
      await this.#declaredNetworks.removeOthers(this.#declaration.projects)
    } catch (error) {
      this.#options.log.error(`networks that are not declared any more: ${describeError(error)}`)
    }
  }

  /** What the files say about a service; a file with problems leaves its containers as they are. */
  #desired(key: string): DesiredService | undefined {
    const { projects, failedFiles } = this.declaration
    for (const { services, file } of projects)
      for (const service of services)
        if (keyOf(service) === key) return { service, configHash: configHash(service), file }
    return this.#containersOf(key)
      .map(({ origin }) => origin)
      .find(({ file }) => failedFiles.includes(file))
  }

  #lookForExits(): void {
    for (const { id, state } of this.#store.all)
      if (state.status === 'running') void this.#observe(id)
  }

  async #observe(id: string): Promise<void> {
    try {
      await this.lifecycle.observe(id)
    } catch (error) {
      const name = this.#store.get(id)?.name ?? id
      this.#options.log.error(`the end of container ${name}: ${describeError(error)}`)
    }
  }

  /** What a container's end leads to: of a declared one, its worker decides. */
  #afterEnd(container: Container): void {
    const { origin } = container
    if (origin.kind === 'api') this.#created.restartLater(container)
    else {
      this.#scheduleRestart(container)
      this.#poke(keyOf(origin.service))
      this.#pokeDependants(keyOf(origin.service))
    }
  }

  /** Has a service's worker look at it, now or after what it is doing. */
  #poke(key: string): void {
    if (this.#closing.signal.aborted || this.#declaration === undefined) return
    const worker = this.#worker(key)
    worker.again = true
    if (worker.busy) return
    worker.busy = true
    worker.done = this.#work(key, worker).finally(() => {
      worker.busy = false
      if (worker.again) this.#poke(key)
      else if (this.#isForgotten(key)) {
        this.#workers.delete(key)
        void this.#removeUndeclaredNetworks()
      }
    })
  }

  async #work(key: string, worker: Worker): Promise<void> {
    while (worker.again && !this.#closing.signal.aborted) {
      worker.again = false
      let step: Step | undefined
      try {
        step = await this.#nextStep(key)
        if (step === undefined) continue
        await this.#executor.execute(step, this.#closing.signal)
        worker.failure = undefined
        worker.again = true
        if (step.kind === 'startContainer') this.#pokeDependants(key)
      } catch (error) {
        if (this.#closing.signal.aborted) return
        this.#fail(key, worker, step, error)
        return
      }
    }
  }

  async #nextStep(key: string): Promise<Step | undefined> {
    const desired = this.#desired(key)
    const containers = this.#containersOf(key).map((container) => ({
      id: container.id,
      configHash: container.origin.configHash,
      status: container.state.status,
      startedThisBoot: container.state.bootId === this.#bootId,
      restartDue: this.#isRestartDue(container),
    }))
    const isNew = !containers.some((container) => container.configHash === desired?.configHash)
    // Looked up only when it matters: it reads the store's records.
    const imagePresent =
      desired === undefined ||
      !isNew ||
      (await this.#options.images.find(desired.service.image)) !== undefined
    const waitsFor = desired === undefined ? [] : this.waitsFor(desired.service)
    return steps({ containers, imagePresent, waitsFor }, desired)[0]
  }

  #wasStarted(key: string): boolean {
    return this.#containersOf(key).some(
      ({ state }) =>
        state.status === 'running' || (state.status === 'exited' && state.bootId === this.#bootId),
    )
  }

  /** Those that wait for a service's start. */
  #pokeDependants(key: string): void {
    for (const other of this.#keys()) if (this.#dependencies(other).includes(key)) this.#poke(other)
  }

  #isRestartDue(container: Container): boolean {
    return restartInMs(container) === 0
  }

  #scheduleRestart(container: Container): void {
    const { origin } = container
    const delayMs = restartInMs(container)
    if (delayMs === undefined || origin.kind !== 'declared') return
    this.#after(delayMs + 1, () => this.#poke(keyOf(origin.service)))
  }

  #fail(key: string, worker: Worker, step: Step | undefined, error: unknown): void {
    const count = (worker.failure?.count ?? 0) + 1
    const delayMs = Math.min(firstRetryMs * 2 ** Math.min(count - 1, 10), longestRetryMs)
    const [project = '', service = ''] = key.split('/')
    worker.failure = {
      project,
      service,
      step: step?.kind ?? 'startContainer',
      error,
      count,
      retryAt: new Date(Date.now() + delayMs),
    }
    this.#options.log.error(
      `${key}: ${step?.kind ?? 'observe'} failed, next try in ${delayMs / 1000} s: ${describeError(error)}`,
    )
    this.#after(delayMs, () => this.#poke(key))
  }

  #containersOf(key: string): readonly DeclaredContainer[] {
    return this.#declared().filter(({ origin }) => keyOf(origin.service) === key)
  }

  #declared(): readonly DeclaredContainer[] {
    return this.#store.all.filter(isDeclared)
  }

  #worker(key: string): Worker {
    const worker = this.#workers.get(key) ?? newWorker()
    this.#workers.set(key, worker)
    return worker
  }

  #isForgotten(key: string): boolean {
    return this.#desired(key) === undefined && this.#containersOf(key).length === 0
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, delayMs)
    this.#timers.add(timer)
  }

  #every(intervalMs: number, action: () => void): void {
    this.#timers.add(setInterval(action, intervalMs))
  }
}

/** What is on disk and in memory, and who is told of its changes. */
type Kept = {
  readonly store: ContainerStore
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  readonly events: EventLog
}

function volumeUsers(containers: readonly Container[], name: string): string[] {
  return containers
    .filter(({ spec }) =>
      spec.mounts.some(({ type, source }) => type === 'volume' && source === name),
    )
    .map(({ id }) => id)
}

type DeclaredContainer = Container & { readonly origin: Declared }

function isDeclared(container: Container): container is DeclaredContainer {
  return container.origin.kind === 'declared'
}

const nothingDeclared: Declaration = { projects: [], problems: [], failedFiles: [] }

type Worker = {
  busy: boolean
  again: boolean
  done: Promise<void>
  /** The hash that it last worked towards. */
  wanted: string | undefined
  failure: ServiceFailure | undefined
}

function newWorker(): Worker {
  return {
    busy: false,
    again: false,
    done: Promise.resolve(),
    wanted: undefined,
    failure: undefined,
  }
}

function keyOf({ project, name }: { project: string; name: string }): string {
  return `${project}/${name}`
}
