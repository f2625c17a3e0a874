import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'

/** Beside the usual directories Debian keeps netavark in one of its own. */
export const programPath =
  '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/podman'

export type ProgramOptions = {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Runs a program to its end and gives what it wrote.
 * Throws SLIPWAY_SUPERVISOR_PROGRAM_MISSING, or SLIPWAY_SUPERVISOR_PROGRAM_FAILED with its last words.
 */
export async function runProgram(
  program: string,
  programArguments: readonly string[],
  { input = '', environment = {} }: ProgramOptions = {},
): Promise<string> {
  const child = spawn(program, programArguments, {
    env: programEnvironment(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A program that ends without reading its input tells why by its exit status.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const output = collect(child.stdout)
  const errors = collect(child.stderr)
  const end = await ended(child, program)
  if (end === 0) return await output
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_PROGRAM_FAILED', {
    program,
    end: typeof end === 'number' ? `exit status ${end}` : end,
    words: (await errors).trim() || (await output).trim() || 'nothing',
  })
}

/** The path of a program; throws SLIPWAY_SUPERVISOR_PROGRAM_MISSING. */
export async function findProgram(program: string): Promise<string> {
  for (const directory of programPath.split(':')) {
    const path = `${directory}/${program}`
    if (await isExecutable(path)) return path
  }
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_PROGRAM_MISSING', { program })
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The environment of every program: nothing of the supervisor's own but what is named here. */
export function programEnvironment(
  additional: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { PATH: programPath, LC_ALL: 'C.UTF-8', ...additional }
}

/** The exit status, or the name of the signal that ended the program. */
export function ended(child: ChildProcess, program: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? supervisorErrors.error('SLIPWAY_SUPERVISOR_PROGRAM_MISSING', { program }, error)
          : error,
      ),
    )
    child.once('exit', (status, signal) => resolve(status ?? `signal ${signal}`))
  })
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
