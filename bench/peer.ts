import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { benchErrors } from '../src/errors/bench.ts'
import { readIfThere } from '../src/files/absence.ts'
import type { DebianSource } from '../src/image/definition.ts'
import { packageSources } from '../src/packages/sources.ts'
import { run } from '../src/pipeline/program.ts'
import { debianTree, insideTree } from './debian-tree.ts'
import { peerConfiguration, peerFolders, peerToolPackages } from './peer-config.ts'

export type PeerOptions = {
  /** Where the tree, the package cache and the image are kept between runs. */
  readonly directory: string
  readonly debian: DebianSource
  readonly signal: AbortSignal
  say(text: string): void
}

export type PeerImage = {
  readonly raw: string
  readonly uki: string
  /** Versions of the image's packages, by name. */
  readonly versions: ReadonlyMap<string, string>
}

/** mkosi in a Debian tree of its own, ready to build the peer's image. */
export type Peer = {
  readonly version: string
  /** What one build needs of the disk: with `downloads`, packages are fetched again. */
  forget(what: { readonly downloads: boolean }): Promise<void>
  /** Milliseconds that a build took; `incremental` keeps and uses mkosi's cache of the base. */
  build(options?: { readonly incremental?: boolean }): Promise<number>
  /** Changes one file of the image's extra tree. */
  touch(text: string): Promise<void>
  /** The image of the last build, this run's or an earlier one's; undefined when there is none. */
  image(): Promise<PeerImage | undefined>
}

/**
 * Makes the tree if it is not there yet, and gives the peer. Throws SLIPWAY_BENCH_PEER_NEEDS_ROOT,
 * SLIPWAY_BUILD_PROGRAM_MISSING (mmdebstrap), SLIPWAY_BUILD_PROGRAM_FAILED.
 */
export async function openPeer(options: PeerOptions): Promise<Peer> {
  const { directory, signal, say } = options
  if (process.getuid?.() !== 0) throw benchErrors.error('SLIPWAY_BENCH_PEER_NEEDS_ROOT')
  const { lines } = await packageSources(options.debian, signal)
  const tree = await debianTree(
    { name: 'mkosi', directory: join(directory, 'mkosi-tree'), packages: peerToolPackages, lines },
    options,
  )
  const [source, work] = [join(directory, 'source'), join(directory, 'work')]
  await rm(source, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  const configuration = peerConfiguration(lines)
  for (const [path, text] of Object.entries(configuration)) await write(join(source, path), text)
  const folder = (name: string) => join(work, name)
  const [built, wanted] = [
    join(folder('output'), 'configuration.json'),
    JSON.stringify(configuration),
  ]
  const mkosi = (...parameters: string[]) => {
    const folders = { [peerFolders.source]: source, [peerFolders.work]: work }
    const [file, all] = insideTree(tree, folders, peerFolders.source, ['mkosi', ...parameters])
    return run(file, all, { signal, doing: 'building the peer’s image' })
  }
  const version = (await mkosi('--version')).replace(/^mkosi /, '').trim()
  say(`mkosi ${version} is ready`)
  return {
    version,
    forget: async ({ downloads }) => {
      for (const name of ['output', 'incremental', ...(downloads ? ['packages'] : [])])
        await rm(folder(name), { recursive: true, force: true })
    },
    build: async ({ incremental = false } = {}) => {
      await rm(folder('scratch'), { recursive: true, force: true })
      for (const name of ['packages', 'incremental', 'scratch', 'output'])
        await mkdir(folder(name), { recursive: true })
      await rm(built, { force: true })
      try {
        const startedMs = performance.now()
        await mkosi('--force', `--incremental=${incremental ? 'yes' : 'no'}`, 'build')
        const tookMs = performance.now() - startedMs
        await write(built, wanted)
        return tookMs
      } finally {
        await rm(folder('scratch'), { recursive: true, force: true })
      }
    },
    touch: (text) => write(join(source, 'mkosi.extra/etc/motd'), text),
    image: async () => {
      if ((await readIfThere(built)) !== wanted) return undefined
      const output = folder('output')
      const manifest = parseManifest(await readFile(join(output, 'peer.manifest'), 'utf8'))
      return { raw: join(output, 'peer.raw'), uki: join(output, 'peer.efi'), versions: manifest }
    },
  }
}

/** Names and versions of the packages in mkosi's JSON manifest. */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  const { packages } = JSON.parse(text) as { packages: { name: string; version: string }[] }
  return new Map(packages.map(({ name, version }) => [name, version]))
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
