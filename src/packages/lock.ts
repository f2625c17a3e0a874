import { dirname } from 'node:path'
import { packageErrors } from '../errors/packages.ts'
import { readIfThere } from '../files/absence.ts'
import { syncDirectory } from '../files/atomic.ts'
import { writeDurably } from '../pipeline/durable.ts'
import type { Package } from './archive.ts'

/** What one lock file records: the names asked for, and every package that they led to. */
export type Lock = { readonly asked: readonly string[]; readonly packages: readonly Package[] }

/** One line of what a build says has moved since the lock file was written. */
export type Move = { readonly name: string; readonly from?: string; readonly to?: string }

/** The lock file's content, or undefined when there is none. */
export async function readLock(file: string): Promise<Lock | undefined> {
  const text = await readIfThere(file)
  return text === undefined ? undefined : (JSON.parse(text) as Lock)
}

/** Writes the lock file unless it says the same already. */
export async function writeLock(file: string, lock: Lock): Promise<void> {
  const text = `${JSON.stringify(lock, undefined, 1)}\n`
  if ((await readIfThere(file)) === text) return
  await writeDurably(file, text)
  await syncDirectory(dirname(file))
}

/** The lock file of `--locked`: it must be there and answer exactly the names that are asked for. */
export function insist(file: string, lock: Lock | undefined, asked: readonly string[]): Lock {
  if (!lock) throw packageErrors.error('SLIPWAY_PACKAGES_LOCK_MISSING', { file })
  const added = asked.filter((name) => !lock.asked.includes(name)).map((name) => `+${name}`)
  const gone = lock.asked.filter((name) => !asked.includes(name)).map((name) => `-${name}`)
  if (added.length + gone.length > 0)
    throw packageErrors.error('SLIPWAY_PACKAGES_NOT_LOCKED', {
      file,
      differences: [...added, ...gone].join(' '),
    })
  return lock
}

/** What moved between two sets of packages: added, gone, or at another version. */
export function moves(before: readonly Package[], after: readonly Package[]): Move[] {
  const from = new Map(before.map((each) => [each.name, each]))
  const to = new Map(after.map((each) => [each.name, each]))
  return [...new Set([...from.keys(), ...to.keys()])].sort().flatMap((name) => {
    const [old, now] = [from.get(name), to.get(name)]
    if (old?.version === now?.version && old?.sha256 === now?.sha256) return []
    return [{ name, ...(old && { from: old.version }), ...(now && { to: now.version }) }]
  })
}
