import { basename, join } from 'node:path'
import {
  type BuildOptions,
  build,
  type OutputFile,
  type TransformOptions,
  transform,
} from 'esbuild'

/** What esbuild made of the host's code. */
export type HostBundle = {
  /** The script that runs first in the executable and loads the pieces. */
  readonly main: string
  /** The pieces, CommonJS in ASCII, by the names under which they require each other; `host.js` is the first. */
  readonly pieces: Readonly<Record<string, string>>
  /** The npm packages that went in: their folders below the checkout, as package-lock.json has them. */
  readonly packages: readonly string[]
}

/**
 * Bundles `src/host.ts`: a piece for each module that is imported when it is needed, and for what such modules share.
 * It takes about a second, so it runs at every build and its texts are the key of what depends on it.
 */
export async function bundleHost(project: string, version: string): Promise<HostBundle> {
  const shared = {
    absWorkingDir: project,
    ...style,
    bundle: true,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  } satisfies BuildOptions
  const [loader, { outputFiles, metafile }] = await Promise.all([
    build({
      ...shared,
      entryPoints: [join(import.meta.dirname, 'host-loader.ts')],
      format: 'cjs',
    }),
    build({
      ...shared,
      entryPoints: ['src/host.ts'],
      // Only ES modules can be split.
      format: 'esm',
      splitting: true,
      outdir: 'pieces',
      define: { SLIPWAY_VERSION: JSON.stringify(version) },
      // Packages go by their place in package-lock.json, even when node_modules is a link.
      preserveSymlinks: true,
      metafile: true,
    }),
  ])
  const pieces = await Promise.all(outputFiles.map(asCommonJs))
  const folders = Object.keys(metafile.inputs).flatMap(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  )
  return {
    main: loader.outputFiles[0]?.text ?? '',
    pieces: Object.fromEntries(pieces.toSorted(([one], [other]) => (one < other ? -1 : 1))),
    packages: [...new Set(folders)].sort(),
  }
}

/** How both steps write. */
const style = {
  platform: 'node',
  target: 'node26',
  minifySyntax: true,
  minifyWhitespace: true,
  charset: 'ascii',
} satisfies TransformOptions

/** Node compiles ES modules of an executable only from its file system. */
async function asCommonJs({
  path,
  text,
}: OutputFile): Promise<readonly [name: string, code: string]> {
  const { code } = await transform(text, {
    ...style,
    format: 'cjs',
    // It becomes `require`, a moment later.
    supported: { 'dynamic-import': false },
  })
  return [basename(path), code]
}
