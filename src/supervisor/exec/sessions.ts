import { randomBytes } from 'node:crypto'
import { engineErrors } from '../../errors/engine.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Client } from '../attach/client.ts'
import { frame } from '../attach/frames.ts'
import type { Container } from '../containers/container.ts'
import type { Lifecycle } from '../containers/lifecycle.ts'
import type { Directories } from '../directories.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TerminalSize } from '../runtime/terminal.ts'
import { runWithPipes } from './pipes.ts'
import { type ExecConfig, type ExecSession, neverRan } from './session.ts'
import { ExecTerminal } from './terminal.ts'

export type ExecSessionsOptions = {
  readonly runtime: Runtime
  readonly lifecycle: Lifecycle
  readonly directories: Directories
  readonly log: Log
}

/** What carries out a session: a client's connection, or none for one that runs by itself. */
export type ExecRun = {
  readonly container: Container
  readonly session: ExecSession
  readonly runtime: Runtime
  readonly directories: Directories
  readonly client: Client | undefined
  readonly size: TerminalSize | undefined
  /** Aborts when the container has ended. */
  readonly ended: AbortSignal
  begun(pid: number): void
}

/** Commands that run in containers beside their own. */
export class ExecSessions {
  readonly #options: ExecSessionsOptions
  readonly #sessions = new Map<string, ExecSession>()
  /** Abort when a session is forgotten. */
  readonly #over = new Map<string, AbortController>()
  readonly #terminals = new Map<string, ExecTerminal>()

  constructor(options: ExecSessionsOptions) {
    this.#options = options
  }

  /** Throws SLIPWAY_ENGINE_NOT_RUNNING, SLIPWAY_ENGINE_IS_PAUSED. */
  create(container: Container, config: ExecConfig): ExecSession {
    requireRunning(container)
    const id = randomBytes(32).toString('hex')
    const session: ExecSession = {
      id,
      containerId: container.id,
      config,
      state: 'created',
      pid: 0,
      exitCode: undefined,
    }
    this.#sessions.set(id, session)
    const over = new AbortController()
    this.#over.set(id, over)
    const ended = this.#options.lifecycle.runs.ended(container.id)
    const forget = () => this.#forgetLater(id)
    ended.addEventListener('abort', forget, { once: true, signal: over.signal })
    this.#publish(container, `exec_create: ${config.command.join(' ')}`, id)
    return session
  }

  /** Throws SLIPWAY_ENGINE_NO_SUCH_EXEC. */
  get(id: string): ExecSession {
    const session = this.#sessions.get(id)
    if (session === undefined) throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_EXEC', { id })
    return session
  }

  /** The commands of a container that were not forgotten yet. */
  ofContainer(containerId: string): string[] {
    return [...this.#sessions.values()]
      .filter((session) => session.containerId === containerId && session.state !== 'ended')
      .map(({ id }) => id)
  }

  /** Throws when it cannot be started now: see `start`. */
  checkStart(id: string, container: Container): ExecSession {
    const session = this.get(id)
    if (session.state !== 'created') throw engineErrors.error('SLIPWAY_ENGINE_EXEC_RUNNING', { id })
    requireRunning(container)
    return session
  }

  /** Runs a command to its end. What keeps it from starting is told to the client in Docker's way. */
  async start(
    id: string,
    container: Container,
    { client, size }: { readonly client?: Client; readonly size?: TerminalSize } = {},
  ): Promise<void> {
    const { runtime, lifecycle, directories, log } = this.#options
    const session = this.checkStart(id, container)
    this.#change(id, { state: 'running' })
    this.#publish(container, `exec_start: ${session.config.command.join(' ')}`, id)
    const run: ExecRun = {
      container,
      session,
      runtime,
      directories,
      client,
      size,
      ended: lifecycle.runs.ended(container.id),
      begun: (pid) => this.#change(id, { pid }),
    }
    let exitCode: number = neverRan
    try {
      exitCode = session.config.terminal ? await this.#inTerminal(run) : await runWithPipes(run)
    } catch (error) {
      log.error(`exec in ${container.name}: ${describeError(error)}`)
      const words = Buffer.from(`${wordsOf(error)}\r\n`)
      client?.output.write(session.config.terminal ? words : frame('stdout', words))
    } finally {
      const began = this.#sessions.get(id)?.pid !== 0
      this.#change(id, { state: 'ended', exitCode, pid: 0 })
      this.#forgetLater(id)
      if (began) this.#publish(container, 'exec_die', id, { exitCode: String(exitCode) })
    }
  }

  async resize(id: string, size: TerminalSize): Promise<void> {
    this.get(id)
    await this.#terminals.get(id)?.resize(size)
  }

  async #inTerminal(run: ExecRun): Promise<number> {
    const { id } = run.session
    const terminal = new ExecTerminal(run)
    this.#terminals.set(id, terminal)
    try {
      return await terminal.run()
    } finally {
      this.#terminals.delete(id)
    }
  }

  #change(id: string, changes: Partial<ExecSession>): void {
    const session = this.#sessions.get(id)
    if (session !== undefined) this.#sessions.set(id, { ...session, ...changes })
  }

  /** A client that was attached asks for the exit code afterwards. */
  #forgetLater(id: string): void {
    setTimeout(() => {
      this.#over.get(id)?.abort()
      this.#over.delete(id)
      this.#sessions.delete(id)
    }, forgetAfterMs).unref()
  }

  #publish(
    container: Container,
    action: string,
    execID: string,
    more: Readonly<Record<string, string>> = {},
  ): void {
    this.#options.lifecycle.publish(container, action, { execID, ...more })
  }
}

/** As Docker. */
const forgetAfterMs = 5 * 60_000

/** Docker's words, where programs may look at them. */
function wordsOf(error: unknown): string {
  if (!isSlipwayError(error, 'SLIPWAY_SUPERVISOR_USER_UNKNOWN')) return describeError(error)
  const { kind, name, file } = error.details
  return `unable to find ${kind} ${name}: no matching entries in ${file} file`
}

function requireRunning({ id, name, state }: Container): void {
  if (state.status !== 'running') throw engineErrors.error('SLIPWAY_ENGINE_NOT_RUNNING', { id })
  if (state.paused === true) throw engineErrors.error('SLIPWAY_ENGINE_EXEC_PAUSED', { name })
}
