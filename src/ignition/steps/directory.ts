import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { ignitionErrors } from '../../errors/ignition.ts'
import { sync, temporaryPath } from '../root/durable.ts'
import { lstatIfExists } from '../root/target-root.ts'
import { ownerIds, type StepContext } from './context.ts'
import type { DirectoryStep } from './step.ts'

/**
 * Makes a directory, or gives an existing one the owner and mode that the config names. With
 * `overwrite` everything that was there is removed first. Throws SLIPWAY_IGNITION_NODE_EXISTS.
 */
export function makeDirectory(step: DirectoryStep, path: string, context: StepContext): void {
  const replaces = step.overwrite && !context.journal.has(step.path, emptied)
  // Not renamed away first: on an overlay a directory of the lower layer cannot be.
  if (replaces) rmSync(path, { recursive: true, force: true })
  const existing = lstatIfExists(path)
  if (existing === undefined) {
    context.root.makeParents(path, context.changes.add)
    const temporary = temporaryPath(path)
    mkdirSync(temporary, 0o700)
    setAccess(step, temporary, undefined, context)
    renameSync(temporary, path)
    context.changes.add(dirname(path))
  } else if (existing.isDirectory()) {
    if (!step.overwrite)
      context.kept.add('directories', step.path, 'it is there; mode and owner are as asked for')
    setAccess(step, path, existing, context)
  } else
    throw ignitionErrors.error('SLIPWAY_IGNITION_NODE_EXISTS', {
      path: step.path,
      wanted: 'a directory',
    })
  if (replaces) {
    sync(dirname(path))
    context.journal.record(step.path, emptied)
  }
}

const emptied = 'emptied'

function setAccess(
  step: DirectoryStep,
  path: string,
  existing: Stats | undefined,
  { accounts }: StepContext,
): void {
  const { uid, gid } = ownerIds(step, accounts, existing)
  const mode = step.mode ?? (existing === undefined ? 0o755 : existing.mode & 0o7777)
  // In this order: changing the owner clears the setuid and setgid bits.
  chownSync(path, uid, gid)
  chmodSync(path, mode)
  sync(path)
}
