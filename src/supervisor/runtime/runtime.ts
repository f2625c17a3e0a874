import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { readInRoot } from '../../files/confined.ts'
import type { Container, ProcessIdentity } from '../containers/container.ts'
import { stopGraceMs, stopSignal } from '../containers/stop.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { checkHostPorts } from '../networks/host-ports.ts'
import { connect, disconnect } from '../networks/netavark.ts'
import { Serial } from '../serial.ts'
import { prepareVolumes } from '../volumes/volumes.ts'
import { createByConmon, type LogDriver, readExit } from './conmon.ts'
import { Crun } from './crun.ts'
import { refreshResolvConf, writeEtcFiles } from './etc-files.ts'
import { mountRootfs, unmount } from './overlay.ts'
import { identifyProcess, isAlive } from './processes.ts'
import { findProgram } from './programs.ts'
import type { Scope } from './scope.ts'
import { commandOf, runtimeSpec } from './spec.ts'
import { lookUpUser } from './user.ts'

/** What a container still gets that is told to end when the time for it is up already. */
const lateGraceMs = 10_000
const killTimeoutMs = 10_000
const pollIntervalMs = 20
/** conmon writes the exit code shortly after the process is gone. */
const exitFileTimeoutMs = 3_000
/** What Docker reports when nobody saw how a container ended. */
const unknownExitCode = 255

export type ContainerExit = {
  readonly exitCode: number
  readonly finishedAt: Date
  readonly oomKilled: boolean
}

/** How a container ended that was told to; `killed` when it did not end by itself in its time. */
export type Stopped = { readonly exit: ContainerExit; readonly killed: boolean }

export type RuntimeOptions = {
  readonly directories: Directories
  readonly scope: Scope
  readonly logDriver: LogDriver
}

/** Starts, watches and ends containers by crun, conmon and netavark. */
export class Runtime {
  readonly #directories: Directories
  readonly #scope: Scope
  readonly #logDriver: LogDriver
  readonly #crun: Crun
  /** Two calls of netavark at once would both make the bridge. */
  readonly #network = new Serial()

  constructor({ directories, scope, logDriver }: RuntimeOptions) {
    this.#directories = directories
    this.#scope = scope
    this.#logDriver = logDriver
    this.#crun = new Crun(directories)
  }

  get exitDirectory(): string {
    return `${this.#directories.runtime}/exits`
  }

  async prepare(): Promise<void> {
    for (const name of ['containers', 'exits', 'netns', 'crun'])
      await mkdir(`${this.#directories.runtime}/${name}`, { recursive: true, mode: 0o700 })
  }

  /**
   * Starts a container. `created` is called when its process exists but does not run yet. After a
   * failure nothing is left of the attempt. Throws the errors of SLIPWAY_SUPERVISOR_*.
   */
  async start(
    container: Container,
    created: (process: ProcessIdentity) => Promise<void>,
  ): Promise<{ process: ProcessIdentity; warnings: readonly string[] }> {
    await this.#checkBeforeStart(container)
    try {
      return await this.#start(container, created)
    } catch (error) {
      await this.cleanUp(container)
      throw error
    }
  }

  /** How the container ended; undefined while it runs. */
  async exitOf(container: Container): Promise<ContainerExit | undefined> {
    const paths = containerPaths(this.#directories, container.id)
    const { process } = container.state
    const exit = await readExit(paths)
    if (exit !== undefined) return exit
    if (process !== undefined && (await isAlive(process))) return undefined
    for (let waitedMs = 0; waitedMs < exitFileTimeoutMs; waitedMs += pollIntervalMs) {
      const late = await readExit(paths)
      if (late !== undefined) return late
      if (!(await this.#monitorIsAlive(container))) break
      await sleep(pollIntervalMs)
    }
    const last = await readExit(paths)
    return last ?? { exitCode: unknownExitCode, finishedAt: new Date(), oomKilled: false }
  }

  /** True when the container's process was let go and still runs. */
  async isRunning({ id, state }: Container): Promise<boolean> {
    if (state.process === undefined || !(await isAlive(state.process))) return false
    return (await this.#crun.status(id)) === 'running'
  }

  /**
   * Ends a container: its stop signal, its grace period, SIGKILL. When `timeUp` aborts, the wait is
   * over; one that had not been told before gets ten seconds at most.
   */
  async stop(container: Container, timeUp?: AbortSignal): Promise<Stopped> {
    const isLate = timeUp?.aborted === true
    const graceMs = stopGraceMs(container)
    await this.#signal(container, stopSignal(container))
    const exit = isLate
      ? await this.#exitWithin(container, Math.min(graceMs, lateGraceMs))
      : await this.#exitWithin(container, graceMs, timeUp)
    if (exit !== undefined) return { exit, killed: false }
    await this.#signal(container, 'SIGKILL')
    const killed = await this.#exitWithin(container, killTimeoutMs)
    if (killed !== undefined) return { exit: killed, killed: true }
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINER_NOT_STOPPED', {
      name: container.name,
    })
  }

  /** Gives a running container the name servers that the host uses now. */
  async refreshNameServers(container: Container): Promise<void> {
    await refreshResolvConf(containerPaths(this.#directories, container.id))
  }

  /**
   * Undoes everything that a start did, as far as it is there: processes, network, mounts. Of a host
   * that goes down the network is left: it goes with the boot, and the kernel takes its time for it.
   */
  async cleanUp(container: Container, { goesDown = false } = {}): Promise<void> {
    const paths = containerPaths(this.#directories, container.id)
    if (await this.#monitorIsAlive(container)) await this.#killMonitorOfUnborn(container)
    await this.#crun.delete(container.id)
    if (!goesDown) await this.#network.run(() => disconnect(container, this.#directories))
    await unmount(paths.rootfs)
    await rm(paths.bundle, { recursive: true, force: true })
    await rm(paths.exitFile, { force: true })
  }

  async #start(
    container: Container,
    created: (process: ProcessIdentity) => Promise<void>,
  ): Promise<{ process: ProcessIdentity; warnings: readonly string[] }> {
    const paths = containerPaths(this.#directories, container.id)
    let warnings: readonly string[] = []
    await mountRootfs(container.image.layers, paths)
    await writeEtcFiles(container, paths)
    const volumePaths = await prepareVolumes(container.service, paths.rootfs, this.#directories)
    const user = lookUpUser(
      container.image.config.User ?? '',
      (await readInRoot(paths.rootfs, '/etc/passwd')) ?? '',
      (await readInRoot(paths.rootfs, '/etc/group')) ?? '',
    )
    const controllers = await this.#controllers()
    await mkdir(paths.persist, { recursive: true, mode: 0o700 })
    const pid = await createByConmon({
      container,
      paths,
      exitDirectory: this.exitDirectory,
      logDriver: this.#logDriver,
      runtime: await findProgram('crun'),
      runtimeArguments: this.#crun.globalArguments,
      scope: this.#scope,
      prepareBundle: async (cgroupsPath) => {
        const made = runtimeSpec(container, { paths, user, cgroupsPath, controllers, volumePaths })
        warnings = made.warnings
        await writeFile(`${paths.bundle}/config.json`, JSON.stringify(made.spec), { mode: 0o600 })
      },
    })
    const process = await identifyProcess(pid)
    if (process === undefined)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED', {
        name: container.name,
        reason: 'its first process ended at once',
      })
    await created(process)
    await this.#network.run(() => connect(container, pid, this.#directories))
    await this.#crun.start(container.id)
    return { process, warnings }
  }

  async #checkBeforeStart(container: Container): Promise<void> {
    const { service, image } = container
    if (commandOf(container).length === 0)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NO_COMMAND', { image: image.reference })
    for (const { type, source, target } of service.mounts)
      if (type === 'bind' && !(await exists(source)))
        throw supervisorErrors.error('SLIPWAY_SUPERVISOR_BIND_SOURCE_MISSING', { source, target })
    await checkHostPorts(service.ports)
  }

  async #controllers(): Promise<ReadonlySet<string>> {
    const text = await readFile(`${this.#directories.cgroup}/cgroup.controllers`, 'utf8')
    return new Set(text.trim().split(' '))
  }

  /** A signal to a container that has just ended is no mistake. */
  async #signal(container: Container, signal: string): Promise<void> {
    try {
      await this.#crun.kill(container.id, signal)
    } catch (error) {
      const { process } = container.state
      if (process !== undefined && (await isAlive(process))) throw error
    }
  }

  async #exitWithin(
    container: Container,
    timeoutMs: number,
    timeUp?: AbortSignal,
  ): Promise<ContainerExit | undefined> {
    const deadlineMs = performance.now() + timeoutMs
    while (performance.now() < deadlineMs && timeUp?.aborted !== true) {
      const exit = await this.exitOf(container)
      if (exit !== undefined) return exit
      await sleep(pollIntervalMs)
    }
    return undefined
  }

  async #monitorPid(container: Container): Promise<number | undefined> {
    const { conmonPidFile } = containerPaths(this.#directories, container.id)
    const text = await readFile(conmonPidFile, 'utf8').catch(ifMissing)
    const pid = Number(text?.trim())
    if (!Number.isInteger(pid) || pid <= 1) return undefined
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(ifMissing)
    return commandLine?.split('\0').includes(container.id) === true ? pid : undefined
  }

  async #monitorIsAlive(container: Container): Promise<boolean> {
    return (await this.#monitorPid(container)) !== undefined
  }

  /** A monitor whose container crun does not know is still about to make it: end it first. */
  async #killMonitorOfUnborn(container: Container): Promise<void> {
    if ((await this.#crun.status(container.id)) !== undefined) return
    const pid = await this.#monitorPid(container)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifMissing)) !== undefined
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ESRCH')
    return undefined
  throw error
}
