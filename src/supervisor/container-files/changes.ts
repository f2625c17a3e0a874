import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { ifAbsent } from '../../files/absence.ts'
import { HeldDirectory } from './held-directory.ts'
import { opaqueDirectories } from './opaque.ts'
import { ownPaths } from './own-paths.ts'

/** What became of a path since the container was made, by Docker's numbers. */
export const changeKinds = { modified: 0, added: 1, deleted: 2 } as const

export type Change = {
  readonly path: string
  readonly kind: (typeof changeKinds)[keyof typeof changeKinds]
}

/**
 * What a container has changed in its file system, from the upper directory of its overlay and the
 * layers of its image, bottom first. In the order of paths.
 */
export async function changesOf(upper: string, layers: readonly string[]): Promise<Change[]> {
  await using stack = new AsyncDisposableStack()
  // One that was never started may have none yet.
  if (!(await exists(upper))) return []
  const hold = async (path: string) => stack.use(await HeldDirectory.open(path))
  const top = await hold(upper)
  const lowers: HeldDirectory[] = []
  for (const layer of layers.toReversed()) lowers.push(await hold(layer))
  const opaque = await opaqueDirectories(top)
  const changes: Change[] = []
  await walk({ upper: top, lowers, hides: false, path: '' }, opaque, changes)
  return changes
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifAbsent)) !== undefined
}

type Level = {
  readonly upper: HeldDirectory
  /** What is below it, the topmost layer first. */
  readonly lowers: readonly HeldDirectory[]
  /** Whether the layers are hidden: the directory was removed and made again. */
  readonly hides: boolean
  /** Bytes as latin1, as all names; empty for the root. */
  readonly path: string
}

async function walk(level: Level, opaque: ReadonlySet<string>, changes: Change[]): Promise<void> {
  const { upper, lowers, path } = level
  const names = new Set(await upper.names())
  if (level.hides)
    for (const lower of lowers) for (const name of await lower.names()) names.add(name)
  for (const name of [...names].sort()) {
    const here = `${path}/${name}`
    const [status, before] = [await upper.statusOf(name), await inLayers(lowers, name)]
    const kind = kindOf(status, before, here)
    if (kind !== undefined) record({ path: here, kind }, changes)
    if (status?.isDirectory() !== true) continue
    await using stack = new AsyncDisposableStack()
    const below: Level = {
      upper: stack.use(await upper.child(name)),
      lowers: await directoriesOf(lowers, name, stack),
      hides: level.hides || opaque.has(here),
      path: here,
    }
    await walk(below, opaque, changes)
  }
}

/** The directories of a name in the layers; what is not a directory hides what is further below. */
async function directoriesOf(
  lowers: readonly HeldDirectory[],
  name: string,
  stack: AsyncDisposableStack,
): Promise<HeldDirectory[]> {
  const directories: HeldDirectory[] = []
  for (const lower of lowers) {
    const status = await lower.statusOf(name)
    if (status === undefined) continue
    if (!status.isDirectory()) break
    directories.push(stack.use(await lower.child(name)))
  }
  return directories
}

/** What the image has there; undefined for nothing, or when a layer has taken it away. */
async function inLayers(
  lowers: readonly HeldDirectory[],
  name: string,
): Promise<BigIntStats | undefined> {
  for (const lower of lowers) {
    const status = await lower.statusOf(name)
    if (status !== undefined) return isWhiteout(status) ? undefined : status
  }
  return undefined
}

function kindOf(
  status: BigIntStats | undefined,
  before: BigIntStats | undefined,
  path: string,
): Change['kind'] | undefined {
  if (status === undefined || isWhiteout(status))
    return before === undefined ? undefined : changeKinds.deleted
  if (ownPaths.has(path) && (status.isDirectory() || status.size === 0n)) return undefined
  if (before === undefined) return changeKinds.added
  // A directory is there also because something in it has changed.
  const same =
    status.isDirectory() &&
    before.isDirectory() &&
    status.mode === before.mode &&
    status.mtimeNs === before.mtimeNs
  return same ? undefined : changeKinds.modified
}

/** As in Docker, a directory has changed in which something was added or deleted. */
function record(change: Change, changes: Change[]): void {
  const parent = change.path.slice(0, change.path.lastIndexOf('/'))
  const known = changes.some(({ path }) => path === parent)
  if (change.kind !== changeKinds.modified && parent !== '' && !known)
    changes.push({ path: parent, kind: changeKinds.modified })
  changes.push(change)
}

/** Overlayfs's mark of a deleted file. */
function isWhiteout(status: BigIntStats): boolean {
  return status.isCharacterDevice() && status.rdev === 0n
}
