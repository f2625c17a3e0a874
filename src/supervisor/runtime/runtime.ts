import { mkdir, readFile, rm } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifGone } from '../../files/absence.ts'
import type { Log } from '../../journal/log.ts'
import type { AppArmor } from '../apparmor/apparmor.ts'
import type { Container, ProcessIdentity } from '../containers/container.ts'
import type { Limits } from '../containers/spec.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { Connections } from '../networks/connections.ts'
import { Leavings, type WhenToLeave } from '../networks/leavings.ts'
import type { NetworkStore } from '../networks/store.ts'
import { releaseUserNamespace } from '../user-namespaces/made-namespaces.ts'
import { giveStandardStreams } from '../user-namespaces/standard-streams.ts'
import type { VolumeStore } from '../volumes/store.ts'
import { makeBaseLayer } from './base-layer.ts'
import { checkBeforeStart } from './before-start.ts'
import { capabilitiesOfSupervisor, prepareBundle, userOf } from './bundle.ts'
import { cgroupOf } from './cgroup.ts'
import { createByConmon, type LogDriver, type LogOutputs } from './conmon.ts'
import { Crun } from './crun.ts'
import { makeEarlyNamespaces } from './early-namespaces.ts'
import { Endings } from './endings.ts'
import { disksOf } from './io-resources.ts'
import { logOutputs } from './log-outputs.ts'
import { hasNetworkSysctls, ownsNetwork, startsOnNetworks } from './namespaces.ts'
import { unmount } from './overlay.ts'
import { identifyProcess } from './processes.ts'
import { findProgram } from './programs.ts'
import { resourcesOf } from './resources.ts'
import type { Scope } from './scope.ts'
import { resizeTerminal, type TerminalSize } from './terminal.ts'
import type { ProcessUser } from './user.ts'

/** What starting needs beside the container. */
export type StartOptions = {
  /** First processes of the containers that it shares namespaces with, by their ids. */
  readonly pids: ReadonlyMap<string, number>
  /** Called when its process exists but does not run yet. */
  created(process: ProcessIdentity): Promise<void>
}

export type RuntimeOptions = {
  readonly apparmor: AppArmor
  readonly directories: Directories
  readonly scope: Scope
  readonly logDriver: LogDriver
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  readonly log: Log
}

/** Starts containers by crun, conmon and netavark, changes them while they run, and undoes what a start did. */
export class Runtime {
  readonly connections: Connections
  readonly leavings: Leavings
  readonly #options: RuntimeOptions
  readonly #directories: Directories
  readonly #crun: Crun
  readonly #endings: Endings

  constructor(options: RuntimeOptions) {
    const { directories, scope, networks, log } = options
    this.#options = options
    this.#directories = directories
    this.#crun = new Crun(directories)
    this.#endings = new Endings(directories, this.#crun)
    const connections = new Connections({ directories, networks }, scope)
    this.connections = connections
    const disconnect = (container: Container) => connections.disconnect(container)
    this.leavings = new Leavings({ directories, log, networks, disconnect })
  }

  /** The profiles of containers. */
  get apparmor(): AppArmor {
    return this.#options.apparmor
  }

  /** What comes before the verb of crun. */
  get runtimeArguments(): readonly string[] {
    return this.#crun.globalArguments
  }

  get exitDirectory(): string {
    return `${this.#directories.runtime}/exits`
  }

  async prepare(): Promise<void> {
    for (const name of ['containers', 'exits', 'netns', 'crun'])
      await mkdir(`${this.#directories.runtime}/${name}`, { recursive: true, mode: 0o700 })
    await makeBaseLayer(containerPaths(this.#directories, '').baseLayer)
  }

  /**
   * Starts a container. After a failure nothing is left of the attempt. Throws the errors of
   * SLIPWAY_SUPERVISOR_*.
   */
  async start(
    container: Container,
    options: StartOptions,
  ): Promise<{ process: ProcessIdentity; warnings: readonly string[] }> {
    await checkBeforeStart(container)
    const apparmorProfile = await this.apparmor.profileFor(container.spec.security)
    try {
      return await this.#start(container, options, apparmorProfile)
    } catch (error) {
      await this.cleanUp(container)
      throw error
    }
  }

  /** Where the output of a container is kept. */
  logOutputs(container: Pick<Container, 'origin' | 'spec'>): LogOutputs {
    return logOutputs(container, this.#options.logDriver)
  }

  /** Sends a signal by name or number. */
  async kill(container: Container, signal: string): Promise<void> {
    await this.#endings.signal(container, signal)
  }

  async pause({ id }: Container): Promise<void> {
    await this.#crun.pause(id)
  }

  async resume({ id }: Container): Promise<void> {
    await this.#crun.resume(id)
  }

  /** Whether the processes of a running container are frozen, or about to be. */
  async isFrozen({ id, state }: Container): Promise<boolean> {
    if (state.process === undefined) return false
    const cgroup = await cgroupOf(state.process.pid, id).catch(ifGone)
    if (cgroup === undefined) return false
    const freezer = await readFile(`${this.#directories.cgroup}${cgroup}/cgroup.freeze`, 'utf8')
      // It has ended just now.
      .catch(ifGone)
    return freezer?.trim() === '1'
  }

  /** What of these limits this kernel cannot apply. */
  async limitWarnings(limits: Limits): Promise<readonly string[]> {
    return resourcesOf(limits, { controllers: await this.#controllers() }).warnings
  }

  /** Changes the limits of a running container; gives what cannot be applied. */
  async update({ id }: Container, limits: Limits): Promise<readonly string[]> {
    const disks = await disksOf(limits)
    const controllers = await this.#controllers()
    const { resources, warnings } = resourcesOf(limits, { controllers, disks })
    const { devices: _same, ...changed } = resources
    if (Object.keys(changed).length > 0) await this.#crun.update(id, changed)
    return warnings
  }

  /** Sets the size of a container's terminal. */
  async resize({ id }: Pick<Container, 'id'>, size: TerminalSize): Promise<void> {
    await resizeTerminal(`${containerPaths(this.#directories, id).bundle}/ctl`, size)
  }

  /** How containers end, and whether they have. */
  get endings(): Endings {
    return this.#endings
  }

  /** Has a running container found by the names that it has now. */
  async refreshNames(container: Container): Promise<void> {
    await this.connections.refreshNames(container)
  }

  /** Undoes everything that a start did, as far as it is there: processes, network, mounts. */
  async cleanUp(container: Container, network: WhenToLeave = 'at once'): Promise<void> {
    const paths = containerPaths(this.#directories, container.id)
    await this.#endings.endUnborn(container)
    // Its processes are gone: each of these is for itself.
    const undone = await Promise.allSettled([
      this.#crun.delete(container.id),
      this.leavings.leave(container, network),
      unmount(paths.rootfs),
      unmount(paths.sharedMemory),
      releaseUserNamespace(paths.userns),
    ])
    for (const one of undone) if (one.status === 'rejected') throw one.reason
    // An exit file that came later would be the next run's.
    await this.#endings.monitorEnded(container)
    await rm(paths.bundle, { recursive: true, force: true })
    await rm(paths.exitFile, { force: true })
  }

  async #start(
    container: Container,
    { pids, created }: StartOptions,
    apparmorProfile: string | undefined,
  ): Promise<{ process: ProcessIdentity; warnings: readonly string[] }> {
    const paths = containerPaths(this.#directories, container.id)
    const controllers = await this.#controllers()
    await mkdir(paths.persist, { recursive: true, mode: 0o700 })
    const crun = await findProgram('crun')
    // While its monitor starts and finds its scope, which takes as long. Nothing is awaited before its failure can be.
    const preparing = prepareBundle(container, {
      ...this.#options,
      ...{ controllers, pids, apparmorProfile },
    })
    const onNetworks = startsOnNetworks(container)
    const placing = makeEarlyNamespaces(container, pids, this.#directories)
    const connecting = onNetworks
      ? placing.then(() => this.connections.connect(container))
      : undefined
    let warnings: readonly string[] = []
    const creating = createByConmon({
      container,
      paths,
      exitDirectory: this.exitDirectory,
      logs: this.logOutputs(container),
      runtime: crun,
      runtimeArguments: this.#crun.globalArguments,
      scope: this.#options.scope,
      prepareBundle: async (cgroupsPath) => {
        const writeConfig = await preparing
        // As in Docker, its sysctls find the interfaces there, and have the last word.
        await placing
        if (hasNetworkSysctls(container)) await connecting
        warnings = await writeConfig(cgroupsPath)
      },
    })
    const identifying = creating.then(async (pid) => {
      const process = await identified(container, pid)
      const { userNamespace } = container
      if (userNamespace !== undefined)
        await giveStandardStreams(pid, await this.lookUpUser(container), userNamespace)
      await created(process)
      return process
    })
    // Nobody clears up while one is still at it.
    await Promise.allSettled([preparing, placing, identifying, connecting])
    const process = await identifying
    await connecting
    if (ownsNetwork(container) && !onNetworks)
      await this.connections.pinNamespace(container, process.pid)
    await this.#crun.start(container.id)
    return { process, warnings }
  }

  /** Capabilities of the supervisor itself. */
  async ownCapabilities(): Promise<ReadonlySet<string>> {
    return await capabilitiesOfSupervisor()
  }

  /** Who runs in a container whose root file system is mounted: as it says, or else the image. */
  async lookUpUser(
    container: Pick<Container, 'id' | 'spec' | 'image'>,
    user?: string,
  ): Promise<ProcessUser> {
    return await userOf(container, this.#directories, user)
  }

  async #controllers(): Promise<ReadonlySet<string>> {
    const text = await readFile(`${this.#directories.cgroup}/cgroup.controllers`, 'utf8')
    return new Set(text.trim().split(' '))
  }
}

/** The first process of a container that was created just now. Throws SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED. */
async function identified({ name }: Container, pid: number): Promise<ProcessIdentity> {
  const process = await identifyProcess(pid)
  if (process !== undefined) return process
  const reason = 'its first process ended at once'
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED', { name, reason })
}
