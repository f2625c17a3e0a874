import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { cp, lstat, mkdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { packageErrors } from '../errors/packages.ts'
import { isAbsence } from '../files/absence.ts'
import type { Archive, Package } from '../packages/archive.ts'
import { run } from './program.ts'
import type { Stage, Work } from './stage.ts'

export type PackageTrees = Stage<{ packages: readonly Package[] }, 'trees', null>

/**
 * Fetches packages and unpacks each into a folder of its own, named after it.
 *
 * Maintainer scripts never run: what they would set up is either not wanted in an image without a
 * package manager, or made by systemd's own declarative means. So this needs no root, no chroot and no
 * emulation, and gives the same files everywhere.
 */
export function packageTreesStage(archive: Archive, name: string, title: string): PackageTrees {
  return {
    name,
    title,
    source: import.meta.filename,
    files: { trees: 'trees' },
    run: async ({ packages }, work) => {
      await unpackAll(archive, packages, work, (each) => join(work.directory, 'trees', each.name))
      return null
    },
  }
}

/** Fetches packages and unpacks all into one tree: programs that the build or the tests run. */
export function toolsTreeStage(archive: Archive, name: string, title: string): PackageTrees {
  return {
    name,
    title,
    source: import.meta.filename,
    files: { trees: 'tree' },
    run: async ({ packages }, work) => {
      const tree = join(work.directory, 'tree')
      await unpackAll(archive, packages, work, (each) => join(work.scratch, each.name))
      for (const folder of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc'])
        await mkdir(join(tree, folder), { recursive: true })
      for (const { name: each } of packages)
        for (const folder of ['bin', 'sbin', 'lib', 'lib64', 'usr', 'etc'])
          await merge(
            join(work.scratch, each, folder),
            join(tree, folder.replace(/^(?!usr|etc)/, 'usr/')),
          )
      return null
    },
  }
}

async function merge(from: string, to: string): Promise<void> {
  try {
    // base-files brings /bin and its like as links into /usr, where all of it is put anyway.
    if (!(await lstat(from)).isDirectory()) return
    await cp(from, to, { recursive: true, force: true, verbatimSymlinks: true, mode: 0 })
  } catch (error) {
    if (!isAbsence(error)) throw error
  }
}

async function unpackAll(
  archive: Archive,
  packages: readonly Package[],
  work: Work,
  destination: (each: Package) => string,
): Promise<void> {
  const megabytes = packages.reduce((sum, each) => sum + each.sizeBytes, 0) / 1e6
  work.progress(`fetching ${packages.length} packages, ${megabytes.toFixed(0)} MB`)
  const files = await archive.fetch(packages)
  const queue = [...packages]
  const worker = async () => {
    for (let each = queue.shift(); each; each = queue.shift()) {
      work.progress(`unpacking ${each.name} ${each.version}`)
      const file = files.get(each.sha256) ?? archive.file(each)
      await checkDigest(file, each.sha256)
      const directory = destination(each)
      await mkdir(directory, { recursive: true })
      await run('dpkg-deb', ['--extract', file, directory], {
        signal: work.signal,
        cwd: work.scratch,
        doing: `unpacking ${each.name}`,
      })
    }
  }
  const workers = Array.from({ length: availableParallelism() }, () =>
    worker().catch((error: unknown) => {
      queue.length = 0
      throw error
    }),
  )
  // None may still write when this ends: what it writes into is removed then.
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

async function checkDigest(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const actual = hash.digest('hex')
  if (actual === expected) return
  await rm(file, { force: true })
  throw packageErrors.error('SLIPWAY_PACKAGES_DIGEST_MISMATCH', { file, actual, expected })
}
