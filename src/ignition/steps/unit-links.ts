import { readdirSync, readlinkSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { valuesIn } from '../../ignition-schema/index.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import { findUnit } from '../root/unit-file.ts'
import type { Changes, StepContext } from './context.ts'

/** Removes the link by which a unit is masked. */
export function unmaskUnit(path: string, changes: Changes): void {
  if (lstatIfExists(path)?.isSymbolicLink() && readlinkSync(path) === '/dev/null')
    remove(path, changes)
}

/**
 * Removes the links by which a unit is enabled, and the units that its [Install] section names with it:
 * links of their names that other units want, require or uphold, and aliases. A preset alone does not:
 * at the first boot systemd only enables.
 */
export function disableUnit(
  unit: string,
  directory: string,
  { root, changes }: Pick<StepContext, 'root' | 'changes'>,
): void {
  if (!lstatIfExists(directory)?.isDirectory()) return
  for (const each of withAlso(unit, root)) removeLinks(each, directory, changes)
}

/** The unit and those that are enabled and disabled with it (systemd.unit(5), Also=). */
function withAlso(unit: string, root: TargetRoot, found: string[] = []): string[] {
  if (found.includes(unit)) return found
  found.push(unit)
  const file = findUnit(unit, root)
  const also = file?.text === undefined ? [] : valuesIn(file.text, 'Install', 'Also')
  for (const other of also) if (!other.includes('%')) withAlso(other, root, found)
  return found
}

function removeLinks(unit: string, directory: string, changes: Changes): void {
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
