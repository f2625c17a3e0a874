import { execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Outcome = { readonly status: number; readonly stdout: string; readonly stderr: string }

/**
 * A directory to provision, with a few accounts, for tests: `host` is the target root, `outside`
 * lies beside it and must never be touched.
 */
export class ScratchHost {
  readonly #directory = mkdtempSync(join(tmpdir(), 'slipway-ignition-'))
  readonly root = join(this.#directory, 'host')
  readonly outside = join(this.#directory, 'outside')

  constructor() {
    // The reference implementation writes keys as their user, who has to get there.
    chmodSync(this.#directory, 0o711)
    mkdirSync(this.outside)
    this.put('/etc/passwd', 'root:x:0:0:root:/root:/x\napp:x:1234:1235::/:/x\n')
    this.put('/etc/group', 'root:x:0:\nstaff:x:50:\n')
  }

  /** Puts a file on the host. */
  put(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    writeFileSync(this.at(path), text)
  }

  /** Where a path of the host is. */
  at(path: string): string {
    return join(this.root, path)
  }

  /** Runs the program with a config, in a process of its own as on a host. */
  provision(config: unknown, ...flags: string[]): Promise<Outcome> {
    return outcomeOf(...this.#command(config, flags))
  }

  /** Runs the program and kills it with SIGKILL once it has said that many lines; tells whether it died of that. */
  provisionAndKill(config: unknown, afterLines: number): Promise<boolean> {
    const [file, args, options] = this.#command(config, [])
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
    let lines = 0
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lines += text.split('\n').length - 1
      if (lines >= afterLines) child.kill('SIGKILL')
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (_, signal) => resolve(signal === 'SIGKILL'))
    })
  }

  /**
   * Runs the program and kills it instead of its n-th call that changes the file system. Gives how
   * many such calls it made if it came to its end, or undefined.
   */
  provisionUntilCall(config: unknown, call: number): Promise<number | undefined> {
    const [file, args, options] = this.#command(config, [])
    const env = { ...options.env, KILL_AT_CALL: String(call) }
    const preload = ['--import', import.meta.resolve('./kill-at-call.ts')]
    return new Promise((resolve, reject) =>
      execFile(file, [...preload, ...args], { env }, (error, stdout, stderr) => {
        if (error === null) resolve(Number(stdout))
        else if (error.signal === 'SIGKILL') resolve(undefined)
        else reject(new Error(`failed instead of being killed: ${stderr}`))
      }),
    )
  }

  /**
   * Has the reference implementation carry a config out, with `systemctl` and shadow's programs. It is
   * done when all that it complains of is SELinux, or a running systemd to ask for its version: the host
   * has neither.
   */
  async provisionByReference(config: unknown): Promise<Outcome> {
    const file = join(this.#directory, 'reference.ign')
    writeFileSync(file, JSON.stringify(config))
    const fetched = await this.#referenceStage('fetch', file)
    if (fetched.status !== 0) return fetched
    const outcome = await this.#referenceStage('files', file)
    const isDone =
      /failed: failed to (?:handle relabeling|create units: dial unix \/run\/systemd\/private)/.test(
        outcome.stdout,
      )
    return isDone ? { ...outcome, status: 0 } : outcome
  }

  #referenceStage(stage: string, config: string): Promise<Outcome> {
    const options = {
      platform: 'file',
      root: this.root,
      stage,
      'config-cache': join(this.#directory, 'reference-cache.json'),
      'state-file': join(this.#directory, 'reference-state.json'),
      neednet: join(this.#directory, 'reference-neednet'),
    }
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    const env = { ...process.env, IGNITION_CONFIG_FILE: config }
    return outcomeOf(referenceProgram, [...args, '--log-to-stdout'], { env })
  }

  /** Every node of the host with type, mode, owner, links and contents. */
  snapshot(): Map<string, string> {
    const found = new Map<string, string>()
    for (const path of nodesBelow(this.root))
      found.set(path.slice(this.root.length), describe(path))
    return found
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #command(config: unknown, flags: readonly string[]) {
    const file = join(this.#directory, 'user.ign')
    writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config))
    const start =
      'const { main } = await import(process.argv[1]); process.exitCode = await main(process.argv.slice(2))'
    const program = fileURLToPath(import.meta.resolve('./main.ts'))
    const all = flags.some((flag) => flag.startsWith('--stage')) ? [] : ['--stage=all']
    const options = ['--platform=file', `--root=${this.root}`, ...all, ...flags]
    const args = ['--input-type=module', '--eval', start, '--', program, ...options]
    const env = { ...process.env, IGNITION_CONFIG_FILE: file }
    return [process.execPath, args, { env }] as const
  }
}

/** Where Debian's package has it: its initrd generators copy it from there. */
const referenceProgram = '/usr/lib/dracut/modules.d/30ignition/ignition'

/** Runs a program to its end. */
export function outcomeOf(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  return new Promise((resolve) =>
    execFile(file, [...args], options, (error, stdout, stderr) => {
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1
      resolve({ status, stdout, stderr })
    }),
  )
}

/** Without following links, which Node's own recursive listing does. */
function nodesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? [path, ...nodesBelow(path)] : [path]
  })
}

function describe(path: string): string {
  const stats = lstatSync(path)
  const access = [stats.mode.toString(8), stats.uid, stats.gid].join(' ')
  if (stats.isSymbolicLink()) return `${access} ${readlinkSync(path)}`
  return stats.isFile() ? `${access} ${stats.nlink} ${readFileSync(path, 'latin1')}` : access
}
