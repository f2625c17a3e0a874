import { spawn } from 'node:child_process'
import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { loadImage } from '../image/load.ts'
import { nodeProgram } from '../pipeline/host-executable.ts'
import { engineTree, testTree } from '../start/machine-tree.ts'
import { sandboxedTests } from '../start/programs.ts'
import { interruption } from './interruption.ts'
import { chooseStyle, showProgress } from './progress.ts'
import { cache, project } from './project.ts'
import { setUp } from './setup.ts'

/** One part of the suite: a command whose exit status, or whose test counts, tell how it went. */
type Part = {
  readonly name: string
  readonly command: readonly [file: string, parameters: readonly string[]]
  /** Whether the command is Node's test runner, which reports each test. */
  readonly reportsTests: boolean
}

type Counts = { passed: number; failed: number }

type Outcome = Counts & {
  /** The runner's words on what failed. */
  readonly details: readonly string[]
}

const partNames = ['types', 'lint', 'unit', 'component', 'vm'] as const

export function testCommand(): Command {
  return new Command('test')
    .description('Run the tests: types, lint and format, unit, component, virtual machines.')
    .argument('[parts...]', `of ${partNames.join(', ')}; all unless told`)
    .option('--match <pattern>', 'only tests whose name matches')
    .option('--all', 'every test, also those that one change need not wait for')
    .action(test)
}

async function test(parts: string[], options: { match?: string; all?: true }): Promise<void> {
  const unknown = parts.filter((part) => !partNames.some((name) => name === part))
  if (unknown.length > 0) {
    process.stderr.write(
      `slipway: no part ${unknown.join(', ')}; there are ${partNames.join(', ')}\n`,
    )
    process.exitCode = 2
    return
  }
  if (options.all) process.env['SLIPWAY_TESTS'] = 'all'
  const signal = interruption()
  const wanted = (part: string) => parts.length === 0 || parts.includes(part)
  const total: Counts = { passed: 0, failed: 0 }
  const details: string[] = []
  for (const name of partNames.filter(wanted)) {
    const startedMs = performance.now()
    process.stdout.write(`\n== ${name}\n`)
    for (const part of await commandsOf(name, options.match, signal)) {
      const outcome = await runPart(part, signal)
      total.passed += outcome.passed
      total.failed += outcome.failed
      details.push(...outcome.details)
    }
    process.stdout.write(`== ${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`)
  }
  // Once more, where they are found: they stood hours of output ago.
  if (details.length > 0) process.stdout.write(`\n== what failed\n${details.join('\n')}\n`)
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`)
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
}

async function commandsOf(
  name: (typeof partNames)[number],
  match: string | undefined,
  signal: AbortSignal,
): Promise<Part[]> {
  const modules = join(project, 'node_modules')
  switch (name) {
    case 'types':
      return [tool('types', join(modules, '.bin/tsc'), ['--noEmit'])]
    case 'lint':
      return [
        tool('lint and format', join(modules, '@biomejs/cli-linux-x64/biome'), ['check', '.']),
      ]
    case 'unit':
      return [
        nodeTests(
          'unit',
          await testFiles('{src,bench}', (file) => !/\.component\.test\.ts$/.test(file)),
          match,
        ),
      ]
    case 'component':
      return componentTests(match, signal)
    case 'vm':
      await setUp(signal, say)
      return machineTests(match)
  }
}

/** Machines run two at a time; the tests of updates run two themselves. */
async function machineTests(match: string | undefined): Promise<Part[]> {
  const files = await testFiles('vm-tests', () => true)
  const isOfUpdates = (file: string) => file.endsWith('/updates.test.ts')
  const [updates, others] = [files.filter(isOfUpdates), files.filter((file) => !isOfUpdates(file))]
  return [
    nodeTests('vm', others, match, { atOnce: 2 }),
    nodeTests('vm (updates)', updates, match, { atOnce: 1 }),
  ]
}

/** Those of the builder run on this machine's own programs; those of the host's code on the host's. */
async function componentTests(match: string | undefined, signal: AbortSignal): Promise<Part[]> {
  await setUp(signal, say)
  const files = await testFiles('src', (file) => /\.component\.test\.ts$/.test(file))
  const isBuilder = (file: string) =>
    /\/src\/(pipeline|packages|tree|cli|start|fleet|release)\//.test(file)
  const { debian } = await loadImage('qemu', { directory: join(project, 'images') })
  const progress = showProgress(chooseStyle(false), {})
  const options = { project, cache, locked: false, signal, emit: progress.emit }
  const tree = await testTree(debian, options)
  const engine = await engineTree(debian, options)
  const host = nodeTests(
    'component (host)',
    files.filter((file) => !isBuilder(file)),
    match,
  )
  return [
    { ...host, command: sandboxedTests({ tree, engine }, ...host.command) },
    nodeTests('component (builder)', files.filter(isBuilder), match),
  ]
}

const say = (text: string) => {
  process.stdout.write(`${text}\n`)
}

function tool(name: string, file: string, parameters: readonly string[]): Part {
  return { name, command: [file, parameters], reportsTests: false }
}

/** Node's own test runner would leave one processor of two idle. `atOnce`: how many files. */
function nodeTests(
  name: string,
  files: readonly string[],
  match: string | undefined,
  { atOnce = Math.max(2, availableParallelism()) }: { readonly atOnce?: number } = {},
): Part {
  const pattern = match === undefined ? [] : [`--test-name-pattern=${match}`]
  const parameters = [
    '--test',
    '--test-reporter=spec',
    '--test-timeout=3000000',
    `--test-concurrency=${atOnce}`,
    ...pattern,
    ...files,
  ]
  return { name, command: [nodeProgram(), parameters], reportsTests: true }
}

async function testFiles(folder: string, keep: (file: string) => boolean): Promise<string[]> {
  const files = await Array.fromAsync(glob(join(project, folder, '**/*.test.ts')))
  return files.filter(keep).sort()
}

/** Runs a part to its end, showing its output; a part that reports no tests counts as one. */
async function runPart(part: Part, signal: AbortSignal): Promise<Outcome> {
  const [file, parameters] = part.command
  const child = spawn(file, parameters, {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SLIPWAY_CACHE: cache, FORCE_COLOR: '0' },
  })
  const abort = () => child.kill('SIGTERM')
  signal.addEventListener('abort', abort, { once: true })
  // The runner's closing counts stand before the details of what failed.
  const closing: string[] = []
  const details: string[] = []
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('ℹ ')) closing.push(line)
    if (line === '✖ failing tests:' || details.length > 0) details.push(line)
    process.stdout.write(`${line}\n`)
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
export function countsOf(part: Pick<Part, 'reportsTests'>, output: string, status: number): Counts {
  if (!part.reportsTests) return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const count = (word: string) =>
    Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const failed = count('fail') + count('cancelled')
  return { passed: count('pass'), failed: status === 0 ? failed : Math.max(failed, 1) }
}
