import { randomUUID } from 'node:crypto'
import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import type { SlotContents } from './content.ts'
import { EMPTY_LABEL, type Layout, type Slot, slotLabel } from './layout.ts'
import { changePartitions, readPartitionTable } from './partition-table.ts'
import { SlotProgress } from './progress.ts'
import { readBackRootHash } from './verity.ts'
import { clearPartition, writePartition } from './write-partition.ts'

export type SlotWriting = {
  readonly layout: Layout
  readonly version: string
  readonly rootHash: string
  readonly contents: SlotContents
  /** File of the journal, on a file system that survives a reboot. */
  readonly journal: string
  /** As `writePartition` takes it. */
  readonly checkpointBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly report?: ((progress: InstallProgress) => void) | undefined
}

/** What is being done, for who watches; of what is written, how far it is. */
export type InstallProgress =
  | { readonly step: 'clear' | 'read-back' | 'commit' }
  | {
      readonly step: 'write'
      readonly part: keyof Slot
      readonly writtenBytes: number
      readonly totalBytes: number
    }

/**
 * Writes a release to the free slot. First the slot loses its label and UUIDs, so that no boot entry names
 * it; it gets those of the release only when what the disk gives back has the release's root hash. What an
 * earlier run wrote that was cut is gone on with.
 *
 * `layout` must be read anew for each run (`currentLayout`), and the boot entries of the slot be gone.
 * Throws SLIPWAY_UPDATE_SLOT_* and what the contents throw; then the slot has no release's name.
 */
export async function writeSlot(writing: SlotWriting): Promise<void> {
  const { layout, rootHash, report } = writing
  await invalidate(layout)
  const progress = await openProgress(writing)
  await writeParts(writing, progress)
  report?.({ step: 'read-back' })
  const actual = await readBack(writing, progress)
  if (actual !== rootHash) throw await worthless(progress, layout, rootHash, actual)
  await nameSlot(writing)
  await progress.remove()
}

/** Whether the free slot has the release's names, and its content when it is read back. */
export async function holdsRelease({
  layout,
  version,
  rootHash,
  signal,
}: SlotWriting): Promise<boolean> {
  const { usr, verity } = layout.free
  const uuids = slotUuids(rootHash)
  const label = slotLabel(version)
  const isNamed =
    usr.label === label &&
    verity.label === label &&
    usr.uuid === uuids.data &&
    verity.uuid === uuids.verity
  if (!isNamed) return false
  try {
    return (await readBackRootHash(usr.extent, verity.extent, usr.node, signal)) === rootHash
  } catch (error) {
    // A slot that went bad since is written anew.
    if (isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_READ_BACK')) return false
    throw error
  }
}

/**
 * Takes the free slot's label and UUIDs away, unless it has none of a release. The kernel's own view, in
 * which the slot is not in use, stays as it is.
 */
export async function invalidate({ disk, free }: Layout): Promise<void> {
  const parts = [free.usr, free.verity, free.signature]
  if (parts.every(({ label }) => label === EMPTY_LABEL)) return
  await changePartitions(
    disk,
    parts.map(({ number }) => ({ number, label: EMPTY_LABEL, uuid: randomUUID() })),
  )
}

async function openProgress({
  layout,
  rootHash,
  contents,
  journal,
}: SlotWriting): Promise<SlotProgress> {
  const { diskId } = await readPartitionTable(layout.disk)
  return SlotProgress.open(journal, {
    diskId,
    startBytes: layout.free.usr.startBytes,
    rootHash,
    digests: {
      usr: contents.usr.sha256,
      verity: contents.verity.sha256,
      ...(contents.signature && { signature: contents.signature.sha256 }),
    },
  })
}

const names: Readonly<Record<keyof Slot, string>> = {
  usr: '/usr',
  verity: 'The hash tree of /usr',
  signature: 'The signature of the root hash',
}

async function writeParts(writing: SlotWriting, progress: SlotProgress): Promise<void> {
  const { layout, contents, checkpointBytes, signal, report } = writing
  for (const part of ['usr', 'verity', 'signature'] as const) {
    const content = contents[part]
    const partition = layout.free[part]
    // A signature that an older release left would be of another root hash.
    if (content === undefined) await clearPartition(partition)
    else
      await writePartition({
        partition,
        content,
        name: names[part],
        checkpoint: progress.checkpoint(part),
        record: (checkpoint) => progress.record(part, checkpoint),
        checkpointBytes,
        signal,
        report: (writtenBytes) =>
          report?.({ step: 'write', part, writtenBytes, totalBytes: content.sizeBytes }),
      })
  }
}

async function readBack({ layout, signal }: SlotWriting, progress: SlotProgress): Promise<string> {
  const { usr, verity } = layout.free
  try {
    return await readBackRootHash(usr.extent, verity.extent, usr.node, signal)
  } catch (error) {
    if (isSlipwayError(error)) await progress.remove()
    throw error
  }
}

async function worthless(
  progress: SlotProgress,
  { free }: Layout,
  expected: string,
  actual: string,
): Promise<Error> {
  await progress.remove()
  return updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_READ_BACK', {
    node: free.usr.node,
    reason: `its root hash is ${actual}, the release has ${expected}`,
  })
}

/** Label and UUIDs in one change of the table. */
async function nameSlot({ layout, version, rootHash, contents }: SlotWriting): Promise<void> {
  const { usr, verity, signature } = layout.free
  const uuids = slotUuids(rootHash)
  const label = slotLabel(version)
  await changePartitions(layout.disk, [
    { number: usr.number, label, uuid: uuids.data },
    { number: verity.number, label, uuid: uuids.verity },
    ...(contents.signature ? [{ number: signature.number, label }] : []),
  ])
}
