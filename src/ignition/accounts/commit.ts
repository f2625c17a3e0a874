import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { stageFile, sync, temporaryPath } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import type { Journal } from '../steps/journal.ts'
import { accountAccess, accountPath, readAccountTexts } from './account-files.ts'
import { type AccountTexts, accountFiles } from './draft.ts'

const entry = 'accounts'
const committed = 'committed'

/** True when a run has written all account files, even if some are not in their places yet. */
export function isCommitted(journal: Journal): boolean {
  return journal.has(entry, committed)
}

/**
 * Replaces the account files, all or none: those that change are written beside the old ones, then the
 * journal says so, then they are renamed. A run that was cut after that calls `putInPlace` again.
 */
export function commitAccounts(root: TargetRoot, journal: Journal, texts: AccountTexts): void {
  const before = readAccountTexts(root)
  for (const file of accountFiles) {
    const path = accountPath(root, file)
    rmSync(temporaryPath(path), { force: true, recursive: true })
    if (texts[file] === before[file]) continue
    root.makeParents(path, sync)
    stageFile(path, texts[file], accountAccess(path, file))
    sync(dirname(path))
  }
  journal.record(entry, committed)
  putInPlace(root)
}

/** Renames what is still beside its place. */
export function putInPlace(root: TargetRoot): void {
  for (const file of accountFiles) {
    const path = accountPath(root, file)
    const staged = temporaryPath(path)
    if (lstatIfExists(staged) !== undefined) renameSync(staged, path)
    if (lstatIfExists(dirname(path)) !== undefined) sync(dirname(path))
  }
}
