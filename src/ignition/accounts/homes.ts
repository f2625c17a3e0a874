import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { sync, temporaryPath } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import type { StepContext } from '../steps/context.ts'
import type { Journal } from '../steps/journal.ts'
import { copyContents } from './copy-tree.ts'
import type { HomeAction, Surroundings } from './draft.ts'

/** Does to a home directory what was planned; doing so again changes nothing. */
export function carryOutHome(action: HomeAction, context: StepContext): void {
  const path = context.root.resolve(action.home, { followLast: true })
  if (action.kind === 'create') createHome(action, path, context)
  else if (action.kind === 'move') moveHome(action, path, context)
  else if (action.kind === 'give') give(path, action)
  else {
    rmSync(path, { recursive: true, force: true })
    context.changes.add(dirname(path))
  }
}

/** What planning may ask about the target root. */
export function lookInto(
  root: TargetRoot,
  journal: Journal,
): Pick<Surroundings, 'look' | 'hasBegunToMove'> {
  return {
    look: (path) => {
      const stats = lstatIfExists(root.resolve(path, { followLast: true }))
      return stats === undefined ? undefined : { uid: stats.uid, isDirectory: stats.isDirectory() }
    },
    hasBegunToMove: (from, to) => journal.has(moveEntry(to), from),
  }
}

type Create = HomeAction & { kind: 'create' }

/** Made whole before it gets its name: a run that was cut leaves no half of a skeleton. */
function createHome(
  { uid, gid, mode, skeleton }: Create,
  path: string,
  { root, changes }: StepContext,
): void {
  root.makeParents(path, changes.add)
  const temporary = temporaryPath(path)
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, 0o700)
  const from = root.resolve(skeleton, { followLast: true })
  if (lstatIfExists(from)?.isDirectory()) copyContents(from, temporary, () => ({ uid, gid }))
  chownSync(temporary, uid, gid)
  chmodSync(temporary, mode)
  sync(temporary)
  renameSync(temporary, path)
  changes.add(dirname(path))
}

type Move = HomeAction & { kind: 'move' }

function moveHome(
  { from, home }: Move,
  path: string,
  { root, journal, changes }: StepContext,
): void {
  const old = root.resolve(from, { followLast: true })
  // Afterwards, that the new one is there could not be told from somebody else's directory.
  journal.record(moveEntry(home), from)
  root.makeParents(path, changes.add)
  if (lstatIfExists(path) === undefined) rename(old, path)
  rmSync(old, { recursive: true, force: true })
  for (const directory of [dirname(path), dirname(old)]) changes.add(directory)
}

function rename(old: string, path: string): void {
  try {
    renameSync(old, path)
  } catch (error) {
    // Another file system, or on an overlay a directory of the lower layer.
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    const temporary = temporaryPath(path)
    rmSync(temporary, { recursive: true, force: true })
    const { uid, gid, mode } = lstatSync(old)
    mkdirSync(temporary, 0o700)
    copyContents(old, temporary, (stats) => stats)
    chownSync(temporary, uid, gid)
    chmodSync(temporary, mode & 0o7777)
    sync(temporary)
    renameSync(temporary, path)
    sync(dirname(path))
  }
}

type Give = HomeAction & { kind: 'give' }

/** Only what belonged to the user and group before; never through a link. */
function give(path: string, action: Give): void {
  const stats = lstatIfExists(path)
  if (stats === undefined) return
  const [uid, gid] = [changed(stats.uid, action.uid), changed(stats.gid, action.gid)]
  if (stats.isDirectory()) for (const name of readdirSync(path)) give(join(path, name), action)
  if (uid === stats.uid && gid === stats.gid) return
  lchownSync(path, uid, gid)
  // A change of the owner clears the setuid and setgid bits of files.
  if (stats.isFile() && (stats.mode & 0o6000) !== 0) chmodSync(path, stats.mode & 0o7777)
}

function changed(id: number, [from, to]: readonly [number, number]): number {
  return id === from ? to : id
}

function moveEntry(home: string): string {
  return `move of a home directory to ${home}`
}
