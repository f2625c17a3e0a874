import { stat } from 'node:fs/promises'
import type { DebianSource } from '../image/definition.ts'
import { Archive, type Package } from './archive.ts'
import { insist, type Move, moves, readLock, writeLock } from './lock.ts'
import { packageSources } from './sources.ts'

export type PinOptions = {
  readonly cache: string
  readonly signal: AbortSignal
  /** Insist on the lock file instead of following the archive. */
  readonly locked: boolean
}

/** Packages at exact versions, and the archive that has them. */
export type Pinned = {
  readonly archive: Archive
  readonly sets: readonly PinnedSet[]
}

export type PinnedSet = {
  readonly lockFile: string
  readonly packages: readonly Package[]
  /** What is different from the lock file as it was. */
  readonly moved: readonly Move[]
}

/** Names that lead to a set of packages, whose versions are kept in one lock file. */
export type PackageSet = {
  readonly lockFile: string
  readonly asked: readonly string[]
  readonly owner: string
}

/**
 * Finds the versions of each set. With `locked` they come from the lock files, and the archive is not even
 * asked while every package is in the cache; otherwise they are the archive's newest, and the lock files are
 * written anew.
 */
export async function pinPackages(
  debian: DebianSource,
  sets: readonly PackageSet[],
  options: PinOptions,
): Promise<Pinned> {
  const sources = await packageSources(debian, options.signal)
  const archive = await Archive.open(options.cache, sources, options.signal)
  if (options.locked) return { archive, sets: await lockedSets(archive, sets) }
  await archive.update()
  const pinned = await Promise.all(
    sets.map(async ({ lockFile, asked, owner }) => {
      const before = await readLock(lockFile)
      const packages = await archive.resolve(asked, owner, debian.suite)
      await writeLock(lockFile, { asked, packages })
      return { lockFile, packages, moved: before ? moves(before.packages, packages) : [] }
    }),
  )
  return { archive, sets: pinned }
}

async function lockedSets(archive: Archive, sets: readonly PackageSet[]): Promise<PinnedSet[]> {
  const locked = await Promise.all(
    sets.map(async ({ lockFile, asked }) => {
      const { packages } = insist(lockFile, await readLock(lockFile), asked)
      return { lockFile, packages, moved: [] }
    }),
  )
  const all = locked.flatMap(({ packages }) => packages)
  const there = await Promise.all(
    all.map((each) =>
      stat(archive.file(each)).then(
        () => true,
        () => false,
      ),
    ),
  )
  if (there.includes(false)) await archive.update()
  return locked
}
