import { readdirSync, readlinkSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { lstatIfExists } from '../root/target-root.ts'
import type { Changes } from './context.ts'

/** Removes the link by which a unit is masked. */
export function unmaskUnit(path: string, changes: Changes): void {
  if (lstatIfExists(path)?.isSymbolicLink() && readlinkSync(path) === '/dev/null')
    remove(path, changes)
}

/**
 * Removes the links by which a unit is enabled: those of its name that other units want, require
 * or uphold, and its aliases. A preset alone does not: at the first boot systemd only enables.
 */
export function disableUnit(unit: string, directory: string, changes: Changes): void {
  if (!lstatIfExists(directory)?.isDirectory()) return
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory() && /\.(?:wants|requires|upholds)$/.test(entry.name)) {
      const link = join(path, unit)
      if (lstatIfExists(link)?.isSymbolicLink()) remove(link, changes)
    } else if (entry.isSymbolicLink() && basename(readlinkSync(path)) === unit)
      remove(path, changes)
  }
}

function remove(path: string, changes: Changes): void {
  unlinkSync(path)
  changes.add(dirname(path))
}
