import { ExecaError, execa } from 'execa'
import { buildErrors } from '../errors/build.ts'

export type RunOptions = {
  readonly signal?: AbortSignal
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** What to tell the reader that was being done, should the disk be full. */
  readonly doing?: string
}

/** Which Debian package brings a program that the build needs from the machine. */
export const packageOfProgram: Readonly<Record<string, string>> = {
  'apt-cache': 'apt',
  'apt-get': 'apt',
  bwrap: 'bubblewrap',
  'dpkg-deb': 'dpkg',
  flock: 'util-linux',
  sync: 'coreutils',
  tar: 'tar',
}

/**
 * Runs a program to its end and gives its standard output.
 *
 * Throws SLIPWAY_BUILD_PROGRAM_MISSING, SLIPWAY_BUILD_PROGRAM_FAILED with the last lines of its
 * output, SLIPWAY_BUILD_DISK_FULL, or the signal's reason when aborted. The program is ended when
 * this process ends.
 */
export async function run(
  program: string,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  options.signal?.throwIfAborted()
  const running = execa(program, parameters, {
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.input !== undefined ? { input: options.input } : { stdin: 'ignore' as const }),
    env: { LC_ALL: 'C', TZ: 'UTC', ...options.env },
    maxBuffer: 256 << 20,
    detached: true,
  })
  const release = endWith(running.pid, options.signal)
  try {
    return (await running).stdout
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error instanceof ExecaError ? explain(program, error, options) : error
  } finally {
    release()
  }
}

/** Process groups that end with this process. */
const groups = new Set<number>()
process.on('exit', () => {
  for (const group of groups) endGroup(group, 'SIGKILL')
})

/**
 * Ends a program's whole process group on abort. To end the program alone is not enough: bwrap that is
 * ended while it sets up leaves a child that waits for it for ever.
 */
function endWith(group: number | undefined, signal: AbortSignal | undefined): () => void {
  if (group === undefined) return () => {}
  groups.add(group)
  let timer: NodeJS.Timeout | undefined
  const end = () => {
    endGroup(group, 'SIGTERM')
    timer = setTimeout(() => endGroup(group, 'SIGKILL'), KILL_AFTER_MS)
  }
  signal?.addEventListener('abort', end, { once: true })
  return () => {
    signal?.removeEventListener('abort', end)
    clearTimeout(timer)
    groups.delete(group)
  }
}

const KILL_AFTER_MS = 500

function endGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function explain(program: string, error: ExecaError, options: RunOptions): Error {
  if (error.code === 'ENOENT') return missingProgram(program)
  const output = lastLines(`${error.stdout ?? ''}\n${error.stderr ?? ''}`)
  if (/no space left on device/i.test(output))
    return buildErrors.error(
      'SLIPWAY_BUILD_DISK_FULL',
      { directory: options.cwd ?? process.cwd(), doing: options.doing ?? `running ${program}` },
      error,
    )
  const reason = error.signal ? `ended by ${error.signal}` : `exit status ${error.exitCode ?? '?'}`
  return buildErrors.error('SLIPWAY_BUILD_PROGRAM_FAILED', { program, reason, output }, error)
}

/** The error for a program that the machine lacks, naming the package that brings it. */
export function missingProgram(program: string): Error {
  const name = packageOfProgram[program] ?? program
  return buildErrors.error('SLIPWAY_BUILD_PROGRAM_MISSING', {
    program,
    command: `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install ${name}`,
  })
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-12).join('\n')
}
