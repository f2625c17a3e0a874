import { constants } from 'node:fs'
import { lstat, open, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ifNowhere } from './absence.ts'

/** As many links as the kernel follows in one path. */
const maximumLinks = 40

/**
 * The path of the host that `path` has inside `root`: links are followed as if `root` were `/`, so
 * that none leads out. Components that do not exist are kept as they are. Sound only while nothing
 * else writes to the tree. Throws a RangeError for a loop of links.
 */
export async function resolveInRoot(root: string, path: string): Promise<string> {
  const pending = path.split('/').reverse()
  let resolved: string[] = []
  let links = 0
  while (pending.length > 0) {
    const name = pending.pop()
    if (name === undefined || name === '' || name === '.') continue
    if (name === '..') {
      resolved.pop()
      continue
    }
    const here = join(root, ...resolved, name)
    const status = await lstat(here).catch(ifNowhere)
    if (status?.isSymbolicLink() !== true) {
      resolved.push(name)
      continue
    }
    links += 1
    if (links > maximumLinks) throw new RangeError(`too many links in ${path}`)
    const target = await readlink(here)
    if (target.startsWith('/')) resolved = []
    pending.push(...target.split('/').reverse())
  }
  return join(root, ...resolved)
}

/** Reads a small regular file inside `root`; undefined when there is none. */
export async function readInRoot(
  root: string,
  path: string,
  maximumBytes = 1024 * 1024,
): Promise<string | undefined> {
  const resolved = await resolveInRoot(root, path)
  const status = await lstat(resolved).catch(ifNowhere)
  if (status?.isFile() !== true) return undefined
  if (status.size > maximumBytes)
    throw new RangeError(`${path} of the image is larger than ${maximumBytes} bytes`)
  await using file = await open(resolved, constants.O_RDONLY | constants.O_NOFOLLOW)
  return await file.readFile('utf8')
}
