import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DebianSource } from '../../src/image/definition.ts'
import { packageSources } from '../../src/packages/sources.ts'
import { run } from '../../src/pipeline/program.ts'
import { debianTree, insideTree } from '../debian-tree.ts'
import { type Casync, openCasync } from './casync.ts'
import { openRauc, type Rauc } from './rauc.ts'
import type { Build, Releases } from './releases.ts'

/** Debian packages of the tree that the peers of updates run in. */
const packages = ['casync', 'rauc', 'squashfs-tools', 'openssl', 'ca-certificates'] as const

/** What other updaters would download for the same images. */
export type UpdatePeers = {
  readonly casync: Casync
  readonly rauc: Rauc
  /** Versions of their packages, by name. */
  readonly versions: Readonly<Record<string, string>>
}

/** Runs a program of the peers' tree; builds are seen at `buildFolder`, and /work is its folder. */
export type InTree = (program: string, ...parameters: string[]) => Promise<string>

/** Where a build's files are for a program of the tree. */
export function buildFolder({ version }: Build): string {
  return `/builds/${version}`
}

export type UpdatePeersOptions = {
  /** Where the tree is kept between runs. */
  readonly directory: string
  readonly debian: DebianSource
  readonly releases: Releases
  readonly signal: AbortSignal
  say(text: string): void
}

/** Makes the tree if it is not there yet, and what the peers would publish of the newest build. */
export async function openUpdatePeers(options: UpdatePeersOptions): Promise<UpdatePeers> {
  const { directory, debian, releases, signal, say } = options
  const { lines } = await packageSources(debian, signal)
  const tree = await debianTree(
    { name: 'casync and RAUC', directory: join(directory, 'update-peers'), packages, lines },
    options,
  )
  const work = join(directory, 'update-peers-work')
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  const folders = { '/work': work, '/builds': join(releases.newest.directory, '..') }
  const inTree: InTree = async (program, ...parameters) => {
    const [file, all] = insideTree(tree, folders, '/work', [program, ...parameters])
    return await run(file, all, { signal, doing: `running ${program}` })
  }
  say('running casync and RAUC')
  const shown = await inTree('dpkg-query', '--show', 'casync', 'rauc')
  return {
    casync: await openCasync(releases.newest, work, inTree),
    rauc: await openRauc(releases.newest, work, inTree),
    versions: Object.fromEntries(
      shown.split('\n').map((line) => line.split('\t') as [name: string, version: string]),
    ),
  }
}
