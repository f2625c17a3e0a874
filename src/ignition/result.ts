import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { bootId } from './boot-id.ts'
import { hasPointer } from './other-root/pointer.ts'
import { markerPath, resultPath } from './paths.ts'
import { replaceFile, sync } from './root/durable.ts'
import { lstatIfExists, type TargetRoot } from './root/target-root.ts'
import type { Changes } from './steps/context.ts'
import { removeJournal } from './steps/journal.ts'
import type { Summary } from './summary.ts'

/** True once everything was carried out and is on the disk: nothing is left to do, ever. */
export function isProvisioned(root: TargetRoot): boolean {
  if (lstatIfExists(root.resolve(markerPath)) === undefined && !hasPointer(root)) return false
  removeJournal(root)
  return true
}

/** Whether somebody gave a config, rather than the image alone; and what came of it, if there was one. */
type Outcome = { readonly userConfigProvided: boolean; readonly summary?: Summary | undefined }

/**
 * Writes the report, then the marker, which is the last thing that provisioning does: all before
 * it is on the disk by then.
 */
export function recordResult(
  root: TargetRoot,
  { userConfigProvided, summary }: Outcome,
  changes: Changes,
): void {
  const provisioningDate = new Date().toISOString()
  const provisioningBootID = bootId()
  const report = {
    // Nothing where /proc is not mounted: the report is no reason to stop a boot.
    ...(provisioningBootID === undefined ? {} : { provisioningBootID }),
    provisioningDate,
    userConfigProvided,
    ...summary,
  }
  write(root, resultPath, `${JSON.stringify(report, null, 2)}\n`, 0o600, changes)
  write(root, markerPath, `${provisioningDate}\n`, 0o644, changes)
  removeJournal(root)
}

function write(
  root: TargetRoot,
  hostPath: string,
  text: string,
  mode: number,
  changes: Changes,
): void {
  const path = root.resolve(hostPath)
  root.makeParents(path, changes.add)
  changes.sync(existsSync)
  replaceFile(path, text, { uid: 0, gid: 0, mode })
  sync(dirname(path))
}
