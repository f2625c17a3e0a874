import { type BigIntStats, constants } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { posix } from 'node:path'
import type { HeldDirectory } from './held-directory.ts'
import { isNotFound, type Located, locate } from './locate.ts'

/** What Docker tells of a path by the header X-Docker-Container-Path-Stat. */
export type PathStat = {
  readonly name: string
  readonly size: number
  /** Of Go's os.FileMode. */
  readonly mode: number
  readonly mtime: string
  readonly linkTarget: string
}

/**
 * @param asked what the client calls it; its last part names it
 */
export async function pathStat(
  root: HeldDirectory,
  { path, status }: Pick<Located, 'path'> & { readonly status: BigIntStats },
  asked: string,
): Promise<PathStat> {
  return {
    name: baseName(asked),
    size: Number(status.size),
    mode: goMode(Number(status.mode)),
    mtime: rfc3339(status.mtimeNs),
    linkTarget: status.isSymbolicLink() ? await targetOf(root, path) : '',
  }
}

/** As Go's filepath.Base: `/` of the root, `.` of a path that ends so. */
export function baseName(path: string): string {
  const parts = path.replace(/\/+$/, '').split('/')
  return parts.at(-1) || '/'
}

/** Where a link leads in the end; if nothing is there, where it says. Inside the root in any case. */
async function targetOf(root: HeldDirectory, path: string): Promise<string> {
  try {
    await using target = await locate(root, path, { follow: true })
    return textOf(target.path)
  } catch (error) {
    if (!isNotFound(error)) throw error
    await using link = await locate(root, path)
    const text = await readlink(link.parent.entry(link.name), { encoding: 'latin1' })
    return textOf(posix.resolve('/', posix.dirname(path), text))
  }
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

const types: ReadonlyMap<number, number> = new Map([
  [constants.S_IFDIR, 2 ** 31],
  [constants.S_IFLNK, 2 ** 27],
  [constants.S_IFBLK, 2 ** 26],
  [constants.S_IFIFO, 2 ** 25],
  [constants.S_IFSOCK, 2 ** 24],
  // A character device is a device, too.
  [constants.S_IFCHR, 2 ** 26 + 2 ** 21],
])

/** The bits of st_mode as Go has them. */
export function goMode(mode: number): number {
  const bit = (mask: number, value: number) => ((mode & mask) === 0 ? 0 : value)
  return (
    (mode & 0o777) +
    (types.get(mode & constants.S_IFMT) ?? 0) +
    bit(0o4000, 2 ** 23) +
    bit(0o2000, 2 ** 22) +
    bit(0o1000, 2 ** 20)
  )
}

function rfc3339(timeNs: bigint): string {
  const seconds = timeNs / 1_000_000_000n - (timeNs % 1_000_000_000n < 0n ? 1n : 0n)
  const nanoseconds = timeNs - seconds * 1_000_000_000n
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '')
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`
}
