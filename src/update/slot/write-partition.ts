import { createHash, type Hash } from 'node:crypto'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import type { Content } from './content.ts'
import { BLOCK_BYTES, BUFFER_BYTES, DirectFile, readRange, wholeBlocks } from './direct-file.ts'
import type { SlotPartition } from './layout.ts'
import type { Checkpoint } from './progress.ts'

export type PartitionWriting = {
  readonly partition: SlotPartition
  readonly content: Content
  /** What the content is called in errors. */
  readonly name: string
  readonly checkpoint: Checkpoint | undefined
  /** Called when so much is on the disk; undefined when what was written is worth nothing. */
  readonly record: (checkpoint: Checkpoint | undefined) => Promise<void>
  /** So often what was written is brought to the disk and noted; CHECKPOINT_BYTES unless told. */
  readonly checkpointBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told how many bytes of the content were written. */
  readonly report?: (writtenBytes: number) => void
}

/** A multiple of the buffer, as every such distance. */
export const CHECKPOINT_BYTES = 16 * BUFFER_BYTES

/**
 * Writes content to a partition in one pass with one buffer; it waits for the disk before it takes more
 * from the source. With a checkpoint it goes on from there, if what the partition gives back is what the
 * checkpoint says, else it begins anew. The last block is filled up with zeros. When it returns, all is on
 * the disk and had the content's length and SHA-256.
 *
 * Throws SLIPWAY_UPDATE_SLOT_LENGTH, _DIGEST, _NOT_WRITTEN, what the source throws, and the signal's
 * reason.
 */
export async function writePartition(writing: PartitionWriting): Promise<void> {
  const { partition, content, checkpoint, record, signal } = writing
  const { checkpointBytes = CHECKPOINT_BYTES } = writing
  const { extent } = partition
  if (content.sizeBytes > extent.sizeBytes) throw failed(writing, 'it is larger than the partition')
  await using file = await onDevice(writing, () => DirectFile.open(extent.path, 'write'))
  const resumed =
    checkpoint && (await onDevice(writing, () => hashOfWritten(file, writing, checkpoint)))
  const hash = resumed ?? createHash('sha256')
  let offset = resumed && checkpoint ? checkpoint.offsetBytes : 0
  let filled = 0

  const flush = async (): Promise<void> => {
    const padded = wholeBlocks(filled)
    file.buffer.fill(0, filled, padded)
    await onDevice(writing, () => file.write(padded, extent.offsetBytes + offset))
    offset += filled
    filled = 0
    writing.report?.(offset)
  }
  const save = async (): Promise<void> => {
    await onDevice(writing, () => file.sync())
    await record({ offsetBytes: offset, prefixSha256: hash.copy().digest('hex') })
  }

  for await (const piece of offset < content.sizeBytes ? content.read(offset) : []) {
    signal?.throwIfAborted()
    if (offset + filled + piece.length > content.sizeBytes)
      throw await wrongLength(writing, offset + filled + piece.length)
    for (let used = 0; used < piece.length; ) {
      const part = piece.subarray(used, used + BUFFER_BYTES - filled)
      hash.update(part)
      file.buffer.set(part, filled)
      filled += part.length
      used += part.length
      if (filled < BUFFER_BYTES) continue
      await flush()
      if (offset % checkpointBytes === 0) await save()
    }
  }
  const total = offset + filled
  if (total !== content.sizeBytes) throw await wrongLength(writing, total)
  if (filled > 0) await flush()
  const actual = hash.copy().digest('hex')
  if (actual !== content.sha256) {
    await record(undefined)
    const details = { content: writing.name, expected: content.sha256, actual }
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_DIGEST', details)
  }
  await save()
}

/** Overwrites the first block, by which content is recognised. */
export async function clearPartition({ node, extent }: SlotPartition): Promise<void> {
  try {
    await using file = await DirectFile.open(extent.path, 'write')
    file.buffer.fill(0, 0, BLOCK_BYTES)
    await file.write(BLOCK_BYTES, extent.offsetBytes)
    await file.sync()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const details = { content: 'an empty block', node, reason }
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_NOT_WRITTEN', details, cause)
  }
}

/** What the device refuses is told by its name; an abort stays an abort. */
async function onDevice<T>(writing: PartitionWriting, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (cause) {
    writing.signal?.throwIfAborted()
    throw failed(writing, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/**
 * The hash over what is on the disk up to the checkpoint; undefined if it is not what the checkpoint says.
 */
async function hashOfWritten(
  file: DirectFile,
  { partition, content, signal }: PartitionWriting,
  { offsetBytes, prefixSha256 }: Checkpoint,
): Promise<Hash | undefined> {
  const isPlausible = offsetBytes % BUFFER_BYTES === 0 || offsetBytes === content.sizeBytes
  if (!isPlausible || offsetBytes > content.sizeBytes) return undefined
  const hash = createHash('sha256')
  for await (const bytes of readRange(file, partition.extent.offsetBytes, offsetBytes)) {
    signal?.throwIfAborted()
    hash.update(bytes)
  }
  return hash.copy().digest('hex') === prefixSha256 ? hash : undefined
}

/**
 * A source that gives too much or too little may have given the wrong bytes before: nothing of it is kept.
 */
async function wrongLength(writing: PartitionWriting, actualBytes: number): Promise<Error> {
  await writing.record(undefined)
  return updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_LENGTH', {
    content: writing.name,
    expectedBytes: writing.content.sizeBytes,
    actualBytes,
  })
}

function failed({ name, partition }: PartitionWriting, reason: string, cause?: unknown): Error {
  const details = { content: name, node: partition.node, reason }
  return updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_NOT_WRITTEN', details, cause)
}
