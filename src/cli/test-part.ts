import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** One part of the suite: a command whose exit status, or whose test counts, tell how it went. */
export type Part = {
  readonly name: string
  readonly command: readonly [file: string, parameters: readonly string[]]
  /** Whether the command is Node's test runner, which reports each test. */
  readonly reportsTests: boolean
  /** The same for some files alone, where that takes minutes. */
  readonly again?: (files: readonly string[]) => Part
}

export type Counts = { readonly passed: number; readonly failed: number }

export type Outcome = Counts & {
  /** The runner's words on what failed. */
  readonly details: readonly string[]
  /** The runner's words on what failed first, and passed when its file was run once more. */
  readonly unsteady: readonly string[]
}

/** Where and by whom parts are run. */
export type Surroundings = {
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Receives the output, line by line. */
  readonly say: (line: string) => void
}

/** More is no accident of a busy machine. */
const MOST_FILES_AGAIN = 3

/**
 * Runs a part to its end; a part that reports no tests counts as one. Test files that failed are run once more,
 * by themselves, if they are few: what passes then counts as passed, but is told.
 */
export async function runPart(part: Part, surroundings: Surroundings): Promise<Outcome> {
  const first = await runOnce(part, surroundings)
  const files = failedFiles(first.details, surroundings.directory)
  const few = files.length > 0 && files.length <= MOST_FILES_AGAIN
  if (part.again === undefined || !few) return { ...first, unsteady: [] }
  surroundings.say(`\nonce more, alone: ${files.join(', ')}`)
  const second = await runOnce(part.again(files), surroundings)
  const passed = second.failed === 0 && second.passed > 0
  if (!passed) return { ...first, details: [...first.details, ...second.details], unsteady: [] }
  return {
    passed: first.passed + first.failed,
    failed: 0,
    details: [],
    unsteady: first.details,
  }
}

async function runOnce(
  part: Part,
  { directory, environment, signal, say }: Surroundings,
): Promise<Counts & Pick<Outcome, 'details'>> {
  const [file, parameters] = part.command
  const child = spawn(file, parameters, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment,
  })
  const abort = () => child.kill('SIGTERM')
  signal.addEventListener('abort', abort, { once: true })
  // The runner's closing counts stand before the details of what failed.
  const closing: string[] = []
  const details: string[] = []
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('ℹ ')) closing.push(line)
    if (line === '✖ failing tests:' || details.length > 0) details.push(line)
    say(line)
  })
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  signal.removeEventListener('abort', abort)
  signal.throwIfAborted()
  return { ...countsOf(part, closing.join('\n'), status), details: details.slice(1) }
}

/** The counts in the runner's closing lines; a runner that failed without counting a failure adds one. */
function countsOf(part: Pick<Part, 'reportsTests'>, output: string, status: number): Counts {
  if (!part.reportsTests) return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const count = (word: string) =>
    Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const failed = count('fail') + count('cancelled')
  return { passed: count('pass'), failed: status === 0 ? failed : Math.max(failed, 1) }
}

function failedFiles(details: readonly string[], directory: string): string[] {
  const files = details.flatMap((line) => {
    const [, file] = /^test at (.+?\.test\.ts):\d+:\d+$/.exec(line) ?? []
    return file === undefined ? [] : [resolve(directory, file)]
  })
  return [...new Set(files)]
}
