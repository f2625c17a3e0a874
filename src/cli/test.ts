import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { loadImage } from '../image/load.ts'
import { nodeProgram } from '../pipeline/host-executable.ts'
import { engineTree, testTree } from '../start/machine-tree.ts'
import { sandboxedTests } from '../start/programs.ts'
import { interruption } from './interruption.ts'
import { chooseStyle, showProgress } from './progress.ts'
import { cache, project } from './project.ts'
import { setUp } from './setup.ts'
import { type Part, runPart } from './test-part.ts'

const partNames = ['types', 'lint', 'unit', 'component', 'vm'] as const

export function testCommand(): Command {
  return new Command('test')
    .description('Run the tests: types, lint and format, unit, component, virtual machines.')
    .argument('[parts...]', `of ${partNames.join(', ')}; all unless told`)
    .option('--match <pattern>', 'only tests whose name matches')
    .option('--once', 'what fails is not run once more')
    .option('--all', 'every test, also those that one change need not wait for')
    .action(test)
}

type Options = { readonly match?: string; readonly all?: true; readonly once?: true }

async function test(parts: string[], options: Options): Promise<void> {
  const unknown = parts.filter((part) => !partNames.some((name) => name === part))
  if (unknown.length > 0) {
    process.stderr.write(
      `slipway: no part ${unknown.join(', ')}; there are ${partNames.join(', ')}\n`,
    )
    process.exitCode = 2
    return
  }
  if (options.all) process.env.SLIPWAY_TESTS = 'all'
  const signal = interruption()
  const wanted = (part: string) => parts.length === 0 || parts.includes(part)
  const total = { passed: 0, failed: 0 }
  const details: string[] = []
  const unsteady: string[] = []
  for (const name of partNames.filter(wanted)) {
    const startedMs = performance.now()
    process.stdout.write(`\n== ${name}\n`)
    for (const part of await commandsOf(name, options.match, signal)) {
      const { again, ...once } = part
      const outcome = await runPart(options.once ? once : part, {
        directory: project,
        environment: { ...process.env, SLIPWAY_CACHE: cache, FORCE_COLOR: '0' },
        ...{ signal, say },
      })
      total.passed += outcome.passed
      total.failed += outcome.failed
      details.push(...outcome.details)
      unsteady.push(...outcome.unsteady)
    }
    process.stdout.write(`== ${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`)
  }
  // Where they are found: they stood hours of output ago.
  if (unsteady.length > 0) say(`\n== what failed once, and then passed\n${unsteady.join('\n')}`)
  if (details.length > 0) say(`\n== what failed\n${details.join('\n')}`)
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
  // The tests of updates take too long for another time.
  const { again: _, ...ofUpdates } = nodeTests('vm (updates)', updates, match, { atOnce: 1 })
  return [nodeTests('vm', others, match, { atOnce: 2 }), ofUpdates]
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
  const [ofBuilder, ofHost] = [files.filter(isBuilder), files.filter((file) => !isBuilder(file))]
  const onHost: Wrapping = (...command) => sandboxedTests({ tree, engine }, ...command)
  return [
    nodeTests('component (host)', ofHost, match, { wrap: onHost }),
    nodeTests('component (builder)', ofBuilder, match),
  ]
}

const say = (text: string) => {
  process.stdout.write(`${text}\n`)
}

function tool(name: string, file: string, parameters: readonly string[]): Part {
  return { name, command: [file, parameters], reportsTests: false }
}

/** Gives the command that runs a program in other surroundings. */
type Wrapping = (file: string, parameters: readonly string[]) => Part['command']

/** Node's own test runner would leave one processor of two idle. `atOnce`: how many files. */
function nodeTests(
  name: string,
  files: readonly string[],
  match: string | undefined,
  {
    atOnce = Math.max(2, availableParallelism()),
    wrap = (...command) => command,
  }: { readonly atOnce?: number; readonly wrap?: Wrapping } = {},
): Part {
  const parameters = [
    '--test',
    '--test-reporter=spec',
    '--test-timeout=3000000',
    `--test-concurrency=${atOnce}`,
    ...(match === undefined ? [] : [`--test-name-pattern=${match}`]),
  ]
  return {
    name,
    command: wrap(nodeProgram(), [...parameters, ...files]),
    reportsTests: true,
    again: (failed) => nodeTests(name, failed, match, { atOnce: 1, wrap }),
  }
}

async function testFiles(folder: string, keep: (file: string) => boolean): Promise<string[]> {
  const files = await Array.fromAsync(glob(join(project, folder, '**/*.test.ts')))
  return files.filter(keep).sort()
}
