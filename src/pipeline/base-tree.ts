import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StripRules } from '../image/definition.ts'
import { readElf } from '../tree/elf.ts'
import { type Entry, entriesOf } from '../tree/entry.ts'
import { selectEntries } from '../tree/select.ts'
import { orphanedUnits } from '../tree/unit-files.ts'
import type { Result, Stage } from './stage.ts'

/** A file of the tree and where it came from: what the manifest and the initrd are made from. */
export type Provenance = Pick<Entry, 'path' | 'package'>

type Inputs = {
  packages: Result<'trees', null>
  node: Result<'node'>
  rules: StripRules
}

/** Strips the packages' files to those that the image keeps. */
export const strippedTreeStage: Stage<
  Inputs,
  'tree' | 'provenance',
  { files: number; epoch: number }
> = {
  name: 'strip',
  title: 'Strip packages',
  source: import.meta.filename,
  files: { tree: 'tree', provenance: 'provenance.json' },
  run: async ({ packages, node, rules }, work) => {
    const entries = await packageEntries(packages.files.trees)
    work.progress(`choosing from ${entries.length} files`)
    const host = await readElf(node.files.node)
    const chosen = await selectEntries(
      entries,
      rules,
      (entry) => readElf(entry.source),
      host?.libraries ?? [],
    )
    const orphans = await orphanedUnits(chosen)
    const kept = chosen.filter((entry) => !orphans.has(entry.path))
    await placeEntries(kept, join(work.directory, 'tree'))
    const provenance: Provenance[] = kept.map(({ path, package: name }) => ({
      path,
      package: name,
    }))
    await writeFile(join(work.directory, 'provenance.json'), JSON.stringify(provenance))
    return { files: kept.length, epoch: await newestChange(kept) }
  },
}

/** Every file of every package, later packages' names winning nothing: paths are unique in Debian. */
export async function packageEntries(trees: string): Promise<Entry[]> {
  const names = (await readdir(trees)).sort()
  const all = await Promise.all(names.map((name) => entriesOf(join(trees, name), name)))
  return all.flat()
}

/** Puts entries below `tree`: hard links where it lies on one file system, copies otherwise. */
export async function placeEntries(entries: readonly Entry[], tree: string): Promise<void> {
  const folders = new Set(entries.map((entry) => dirname(entry.path)))
  for (const folder of folders) await mkdir(join(tree, folder), { recursive: true })
  for (const entry of entries) {
    const path = join(tree, entry.path)
    if (entry.type === 'link') await symlink(entry.target ?? '', path)
    else if ((entry.mode & 0o7000) !== 0) {
      // Nobody but root is on the host: no program needs to change who it runs as.
      await copyFile(entry.source, path)
      await chmod(path, entry.mode & 0o777)
      const { atime, mtime } = await lstat(entry.source)
      await utimes(path, atime, mtime)
    } else await linkOrCopy(entry.source, path)
  }
}

export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!['EXDEV', 'EMLINK', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
    await copyFile(from, to)
    const { atime, mtime } = await lstat(from)
    await utimes(to, atime, mtime)
  }
}

/** Seconds since 1970 of the newest packaged file: the same wherever and whenever it is built. */
async function newestChange(entries: readonly Entry[]): Promise<number> {
  const times = await Promise.all(
    entries
      .filter(({ type }) => type === 'file')
      .map(async ({ source }) => (await lstat(source)).mtimeMs),
  )
  return Math.floor(times.reduce((newest, time) => Math.max(newest, time), 0) / 1000)
}

/** Reads what a strip run recorded. */
export async function readProvenance(file: string): Promise<Provenance[]> {
  return JSON.parse(await readFile(file, 'utf8')) as Provenance[]
}
