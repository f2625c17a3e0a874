import { linkSync, readFileSync, unlinkSync } from 'node:fs'
import { ignitionErrors } from '../../errors/ignition.ts'
import { bootId } from '../boot-id.ts'
import { stageFile, sync } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import type { Journal } from '../steps/journal.ts'
import { accountPath } from './account-files.ts'
import { accountFiles } from './draft.ts'

const entry = 'account locks'

/**
 * Does something while nobody else who respects shadow's locks, `/etc/passwd.lock` and its like, changes the
 * account files. A lock whose process is gone, or that a run of before the reboot has left, is taken over.
 * Throws SLIPWAY_IGNITION_ACCOUNTS_LOCKED.
 */
export function withAccountsLocked(root: TargetRoot, journal: Journal, action: () => void): void {
  const boot = bootId() ?? 'unknown'
  const isOfEarlierBoot = ![undefined, boot].includes(journal.get(entry))
  const locks = accountFiles.map((file) => `${accountPath(root, file)}.lock`)
  journal.record(entry, boot)
  const taken: string[] = []
  try {
    for (const lock of locks) {
      take(lock, root, isOfEarlierBoot)
      taken.push(lock)
    }
    action()
  } finally {
    for (const lock of taken) unlinkSync(lock)
  }
}

/** A link is made or is there already: the one way that leaves no moment between looking and taking. */
function take(lock: string, root: TargetRoot, isOfEarlierBoot: boolean): void {
  root.makeParents(lock, sync)
  const mine = stageFile(lock, String(process.pid), { uid: 0, gid: 0, mode: 0o600 })
  try {
    const holder = holderOf(lock)
    if (holder !== undefined && !isOfEarlierBoot && isAlive(holder))
      throw ignitionErrors.error('SLIPWAY_IGNITION_ACCOUNTS_LOCKED', {
        path: root.hostPath(lock),
        pid: holder,
      })
    if (holder !== undefined) unlinkSync(lock)
    linkSync(mine, lock)
  } finally {
    unlinkSync(mine)
  }
}

/** Undefined when nobody holds it; 0, which is nobody, when the file does not tell. */
function holderOf(lock: string): number | undefined {
  if (lstatIfExists(lock) === undefined) return undefined
  return Number(/^\d+/.exec(readFileSync(lock, 'latin1'))?.[0] ?? 0)
}

function isAlive(pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
