import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifGone } from '../../files/absence.ts'
import type { Container } from '../containers/container.ts'
import { stopGraceMs, stopSignal } from '../containers/stop.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { readExit } from './conmon.ts'
import type { Crun } from './crun.ts'
import { isAlive, killIfThere } from './processes.ts'

/** What a container still gets that is told to end when the time for it is up already. */
const lateGraceMs = 10_000
const killTimeoutMs = 10_000
const pollIntervalMs = 20
const shortPollIntervalMs = 5
/** conmon writes the exit code shortly after the process is gone. */
const exitFileTimeoutMs = 3_000
/** What Docker reports when nobody saw how a container ended. */
const unknownExitCode = 255

export type ContainerExit = {
  readonly exitCode: number
  readonly finishedAt: Date
  readonly oomKilled: boolean
}

/** A `graceMs` of less than 0 waits for ever; `signal` is sent first. Both unless told as the container says. */
export type StopOptions = {
  readonly timeUp?: AbortSignal | undefined
  readonly graceMs?: number | undefined
  readonly signal?: string | undefined
}

/** How a container ended that was told to; `killed` when it did not end by itself in its time. */
export type Stopped = { readonly exit: ContainerExit; readonly killed: boolean }

/** How containers end: by themselves, by signals, and what is known of it afterwards. */
export class Endings {
  readonly #directories: Directories
  readonly #crun: Crun

  constructor(directories: Directories, crun: Crun) {
    this.#directories = directories
    this.#crun = crun
  }

  /** How the container ended; undefined while it runs. */
  async exitOf(container: Container): Promise<ContainerExit | undefined> {
    const { process } = container.state
    const exit = await readExit(containerPaths(this.#directories, container.id))
    if (exit !== undefined) return exit
    if (process !== undefined && (await isAlive(process))) return undefined
    const seen = await this.seenExitOf(container)
    return seen ?? { exitCode: unknownExitCode, finishedAt: new Date(), oomKilled: false }
  }

  /** How a container ended whose process is gone; undefined if nobody saw it. */
  async seenExitOf(container: Container): Promise<ContainerExit | undefined> {
    const paths = containerPaths(this.#directories, container.id)
    for (let waitedMs = 0; waitedMs < exitFileTimeoutMs; waitedMs += pollIntervalMs) {
      const late = await readExit(paths)
      if (late !== undefined) return late
      if (!(await this.#monitorIsAlive(container))) break
      await sleep(pollIntervalMs)
    }
    return await readExit(paths)
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
  async stop(
    container: Container,
    { timeUp, graceMs = stopGraceMs(container), signal = stopSignal(container) }: StopOptions = {},
  ): Promise<Stopped> {
    const isLate = timeUp?.aborted === true
    await this.signal(container, signal)
    const exit = isLate
      ? await this.#exitWithin(container, Math.min(graceMs, lateGraceMs))
      : await this.#exitWithin(container, graceMs, timeUp)
    if (exit !== undefined) return { exit, killed: false }
    await this.signal(container, 'SIGKILL')
    return { exit: await this.exitOfKilled(container), killed: true }
  }

  /** How a container ended that was sent SIGKILL. Throws SLIPWAY_SUPERVISOR_CONTAINER_NOT_STOPPED. */
  async exitOfKilled(container: Container): Promise<ContainerExit> {
    const exit = await this.#exitWithin(container, killTimeoutMs)
    if (exit !== undefined) return exit
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINER_NOT_STOPPED', {
      name: container.name,
    })
  }

  /** A signal to a container that has just ended is no mistake. */
  async signal(container: Container, signal: string): Promise<void> {
    try {
      await this.#crun.kill(container.id, signal)
    } catch (error) {
      const { process } = container.state
      if (process !== undefined && (await isAlive(process))) throw error
    }
  }

  /** A monitor whose container crun does not know is still about to make it: ends it. */
  async endUnborn(container: Container): Promise<void> {
    const pid = await this.#monitorPid(container)
    if (pid === undefined || (await this.#crun.status(container.id)) !== undefined) return
    killIfThere(pid)
  }

  /** Resolves when a monitor whose container is gone has written what it has to say of it, which it does at once. */
  async monitorEnded(container: Container): Promise<void> {
    for (let waitedMs = 0; waitedMs < exitFileTimeoutMs; waitedMs += shortPollIntervalMs) {
      if (!(await this.#monitorIsAlive(container))) return
      await sleep(shortPollIntervalMs)
    }
    const pid = await this.#monitorPid(container)
    if (pid !== undefined) killIfThere(pid)
  }

  async #exitWithin(
    container: Container,
    timeoutMs: number,
    timeUp?: AbortSignal,
  ): Promise<ContainerExit | undefined> {
    const deadlineMs = timeoutMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
    while (performance.now() < deadlineMs && timeUp?.aborted !== true) {
      const exit = await this.exitOf(container)
      if (exit !== undefined) return exit
      await sleep(pollIntervalMs)
    }
    return undefined
  }

  async #monitorPid(container: Container): Promise<number | undefined> {
    const { conmonPidFile } = containerPaths(this.#directories, container.id)
    const text = await readFile(conmonPidFile, 'utf8').catch(ifGone)
    const pid = Number(text?.trim())
    if (!Number.isInteger(pid) || pid <= 1) return undefined
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(ifGone)
    return commandLine?.split('\0').includes(container.id) === true ? pid : undefined
  }

  async #monitorIsAlive(container: Container): Promise<boolean> {
    return (await this.#monitorPid(container)) !== undefined
  }
}
