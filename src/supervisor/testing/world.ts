import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requiredProgram } from '../images/testing/programs.ts'

const checkout = join(import.meta.dirname, '../../..')
const script = join(import.meta.dirname, 'world.sh')

export type Output = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** A test, or whoever else calls what it is given when all is over. */
export type CleanUps = { after(cleanUp: () => Promise<void>): void }

export type WorldOptions = {
  /** A tree of programs that the world has beside the usual ones. */
  readonly over?: string
  /** The tree that the world's root is; SLIPWAY_TOOLS_ROOT unless told. */
  readonly tools?: string
}

/**
 * A place where containers can run without touching the machine: namespaces of its own for mounts,
 * network and processes, and the programs of SLIPWAY_TOOLS_ROOT. Nothing of it outlives the test.
 */
export class World {
  readonly directory: string
  readonly #holder: ChildProcess
  readonly #firstPid: number
  readonly #options: WorldOptions
  #next: World | undefined

  private constructor(
    directory: string,
    holder: ChildProcess,
    firstPid: number,
    options: WorldOptions,
  ) {
    this.directory = directory
    this.#options = options
    this.#holder = holder
    this.#firstPid = firstPid
  }

  static async open(context: CleanUps, options: WorldOptions = {}): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-world-'))
    // As /var/lib/slipway: containers with users of their own must find their way to their files.
    await chmod(directory, 0o711)
    for (const name of ['world', 'compose', 'state', 'run']) await mkdir(join(directory, name))
    const world = await World.#begin(directory, options)
    // In this order: hooks run as they were registered, and what still runs writes to the directory.
    context.after(async () => {
      await world.#successor().end()
      await rm(directory, { recursive: true, force: true })
    })
    return world
  }

  /** A new world after this one, as after a reboot: what is mounted, runs or is in /run is gone. */
  async reboot(): Promise<World> {
    await this.end()
    await rm(join(this.directory, 'run'), { recursive: true, force: true })
    await mkdir(join(this.directory, 'run'))
    this.#next = await World.#begin(this.directory, this.#options)
    return this.#next
  }

  /** The process, as it is numbered outside, that the world lasts as long as. */
  get firstPid(): number {
    return this.#firstPid
  }

  #successor(): World {
    return this.#next === undefined ? this : this.#next.#successor()
  }

  /** Runs a program in this world to its end; a status other than 0 is the caller's to judge. */
  async run(program: string, ...programArguments: string[]): Promise<Output> {
    return await new Promise((resolve, reject) =>
      execFile(
        'nsenter',
        [...this.#enter, program, ...programArguments],
        { env: environment, timeout: 60_000 },
        (error, stdout, stderr) => {
          if (error !== null && typeof error.code !== 'number') reject(error)
          else resolve({ status: Number(error?.code ?? 0), stdout, stderr })
        },
      ),
    )
  }

  /** Starts a program that runs until this world ends. */
  start(program: string, ...programArguments: string[]): ChildProcess {
    return spawn('nsenter', [...this.#enter, program, ...programArguments], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }

  /** What a server in this world answers; undefined when it does not. */
  async get(url: string): Promise<string | undefined> {
    const { status, stdout } = await this.run('busybox', 'wget', '-q', '-T', '5', '-O', '-', url)
    return status === 0 ? stdout : undefined
  }

  async slipctl(...programArguments: string[]): Promise<Output> {
    const socket = join(this.directory, 'run/supervisor.sock')
    return await this.ctl('--socket', socket, ...programArguments)
  }

  /** slipctl, told where to ask by its own options. */
  async ctl(...programArguments: string[]): Promise<Output> {
    return await this.run(...this.ctlCommand(...programArguments))
  }

  /** Its command line. */
  ctlCommand(...programArguments: string[]): [string, ...string[]] {
    return [process.execPath, host, 'ctl', ...programArguments]
  }

  /** Runs a command of the host executable that asks the supervisor for something. */
  async hostCommand(command: string): Promise<Output> {
    return await this.run(...this.#hostCommandLine(command))
  }

  /** Starts such a command. */
  startHostCommand(command: string): RunningCommand {
    return new RunningCommand(this.start(...this.#hostCommandLine(command)))
  }

  #hostCommandLine(command: string): [string, ...string[]] {
    const socket = join(this.directory, 'run/supervisor.sock')
    return [process.execPath, host, command, '--socket', socket]
  }

  async declare(name: string, text: string): Promise<void> {
    await writeFile(join(this.directory, 'compose', name), text)
  }

  /**
   * Starts the real supervisor in this world, and waits until it is ready; the checkout's, unless the
   * command line of a host executable is given.
   */
  async startSupervisor(
    executable: readonly [string, ...string[]] = [process.execPath, host],
  ): Promise<RunningCommand> {
    const supervisor = this.spawnSupervisor(executable)
    await supervisor.said(/is ready/)
    return supervisor
  }

  /** As `startSupervisor`, without waiting for anything. */
  spawnSupervisor(
    executable: readonly [string, ...string[]] = [process.execPath, host],
  ): RunningCommand {
    const at = (name: string) => join(this.directory, name)
    const child = this.start(
      ...executable,
      'supervisor',
      ...['--compose', at('compose'), '--settings', at('supervisor.yaml')],
      ...['--state', at('state'), '--runtime', at('run')],
      ...['--release-images', at('images.json')],
    )
    return new RunningCommand(child)
  }

  /** Ends every process of this world and takes its containers' cgroups away. */
  async end(): Promise<void> {
    if (this.#holder.exitCode !== null) return
    for (const id of await readdir(join(this.directory, 'run/crun')).catch(() => []))
      await this.run('crun', '--root', join(this.directory, 'run/crun'), 'delete', '--force', id)
    const ended = once(this.#holder, 'close')
    this.#holder.stdin?.end()
    await ended
  }

  static async #begin(directory: string, options: WorldOptions): Promise<World> {
    const { over = '', tools = process.env.SLIPWAY_TOOLS_ROOT ?? '' } = options
    const busybox =
      options.tools === undefined
        ? requiredProgram('busybox', 'busybox-static')
        : join(options.tools, 'usr/bin/busybox')
    const holder = spawn(
      'unshare',
      [
        ...['--mount', '--propagation', 'private', '--net', '--pid', '--fork', '--kill-child'],
        ...['bash', script, directory, checkout, tools, busybox, over],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    )
    let errors = ''
    holder.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8')
    })
    const ready = await Promise.race([once(holder.stdout, 'data'), once(holder, 'close')])
    if (String(ready[0]) !== 'ready\n') throw new Error(`no world to test in: ${errors}`)
    const [firstPid] = await childrenOf(holder.pid ?? 0)
    if (firstPid === undefined) throw new Error('the world has no first process')
    return new World(directory, holder, firstPid, options)
  }

  get #enter(): string[] {
    return ['--target', String(this.#firstPid), '--mount', '--net', '--pid', '--']
  }
}

/** A command of the host executable under test; its words are kept. */
export class RunningCommand {
  readonly #child: ChildProcess
  #words = ''

  constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#words += chunk.toString('utf8')
    })
  }

  get words(): string {
    return this.#words
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async said(pattern: RegExp): Promise<void> {
    await eventually(`it says ${pattern}`, async () => {
      if (pattern.test(this.#words)) return true
      if (this.#hasEnded) throw new InVain('it ended')
      return false
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it said:\n${this.#words}`)
    })
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.#child, 'close')
    // nsenter waits for the command, and would not pass the signal on.
    let pid: number | undefined
    await eventually('the command is there', async () => {
      if (this.#hasEnded) throw new InVain(`it ended; it said:\n${this.#words}`)
      ;[pid] = await childrenOf(this.#child.pid ?? 0)
      return pid !== undefined
    })
    if (pid !== undefined) process.kill(pid, signal)
    await ended
  }
}

/**
 * Waits until `check` holds, for a minute; throws with `what` then. What `check` asserts of a state
 * that is on its way to another may fail meanwhile: only its last failure is told, as the cause.
 */
export async function eventually(
  what: string,
  check: () => Promise<boolean>,
  { limitMs = 60_000 }: { readonly limitMs?: number } = {},
): Promise<void> {
  const endMs = performance.now() + limitMs
  let failure: unknown
  do {
    try {
      if (await check()) return
      failure = undefined
    } catch (error) {
      if (error instanceof InVain) throw error
      failure = error
    }
    await sleep(100)
  } while (performance.now() < endMs)
  throw new Error(`waited in vain until ${what}${failure === undefined ? '' : `: ${failure}`}`, {
    cause: failure,
  })
}

/** What is waited for cannot come any more. */
export class InVain extends Error {}

const host = join(checkout, 'src/host.ts')
const environment = {
  PATH: `${process.env.PATH}:/usr/sbin:/usr/bin:/sbin:/bin`,
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
