import { createHash, type Hash } from 'node:crypto'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { BLOCK_BYTES, DirectFile, readRange, wholeBlocks } from './direct-file.ts'
import type { Extent } from './layout.ts'

/**
 * Reads a slot back from the disk and gives its dm-verity root hash (on-disk format 1, SHA-256, blocks of
 * 4096 bytes: what `veritysetup format` makes). The hash is computed from the data, and the hash tree on
 * the disk is held against it block by block, so that equality with the expected root hash vouches for
 * both.
 *
 * `node` names the slot in errors. Throws SLIPWAY_UPDATE_SLOT_READ_BACK when the tree is not one, is for
 * data of another size, or differs from the data, or when the disk cannot be read.
 */
export async function readBackRootHash(
  data: Extent,
  tree: Extent,
  node: string,
  signal?: AbortSignal,
): Promise<string> {
  const fail = (reason: string, cause?: unknown) =>
    updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_READ_BACK', { node, reason }, cause)
  try {
    return await climb(data, tree, fail, signal)
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fail(error.message, error) : error
  }
}

/** Bytes of a digest in the tree. */
const DIGEST_BYTES = 32
const DIGESTS_PER_BLOCK = BLOCK_BYTES / DIGEST_BYTES

type Fail = (reason: string, cause?: unknown) => Error

async function climb(
  data: Extent,
  tree: Extent,
  fail: Fail,
  signal: AbortSignal | undefined,
): Promise<string> {
  await using treeFile = await DirectFile.open(tree.path, 'read')
  const header = Buffer.from(await firstBlock(treeFile, tree))
  const { dataBlocks, salt } = readSuperblock(header, fail)
  if (dataBlocks * BLOCK_BYTES > data.sizeBytes)
    throw fail(`its hash tree is for ${dataBlocks} blocks, more than the partition has`)
  const levels = levelSizes(dataBlocks)
  const treeBlocks = 1 + levels.reduce((sum, blocks) => sum + blocks, 0)
  if (treeBlocks * BLOCK_BYTES > tree.sizeBytes)
    throw fail('its hash tree is larger than the partition')

  const salted = createHash('sha256').update(salt)
  let digests = await digestsOfData(data, dataBlocks, salted, fail, signal)
  // The tree is stored from its root down; it is climbed from the leaves, which come last.
  let end = treeBlocks
  for (const blocks of levels) {
    end -= blocks
    signal?.throwIfAborted()
    const level = Buffer.alloc(blocks * BLOCK_BYTES)
    digests.copy(level)
    if (!(await equals(treeFile, tree.offsetBytes + end * BLOCK_BYTES, level)))
      throw fail('its hash tree does not belong to its data')
    digests = digestsOf(level, salted)
  }
  return digests.toString('hex')
}

async function firstBlock(file: DirectFile, { offsetBytes }: Extent): Promise<Buffer> {
  const length = await file.read(BLOCK_BYTES, offsetBytes)
  return file.buffer.subarray(0, length)
}

/** Offsets in the superblock, which takes the tree's first block. */
const superblock = { version: 8, hashType: 12, algorithm: 32, dataBlock: 64, hashBlock: 68 }

function readSuperblock(block: Buffer, fail: Fail): { dataBlocks: number; salt: Buffer } {
  if (block.length < BLOCK_BYTES || block.toString('latin1', 0, 8) !== 'verity\0\0')
    throw fail('it has no hash tree')
  const number = (offset: number) => block.readUInt32LE(offset)
  const algorithm = block.toString('latin1', superblock.algorithm, 64).replace(/\0.*$/s, '')
  const [version, type] = [number(superblock.version), number(superblock.hashType)]
  if (version !== 1 || type !== 1 || algorithm !== 'sha256')
    throw fail(`its hash tree is of version ${version}, type ${type}, ${algorithm || 'no digest'}`)
  if (number(superblock.dataBlock) !== BLOCK_BYTES || number(superblock.hashBlock) !== BLOCK_BYTES)
    throw fail(`its hash tree is not for blocks of ${BLOCK_BYTES} bytes`)
  const dataBlocks = Number(block.readBigUInt64LE(72))
  const saltBytes = block.readUInt16LE(80)
  if (saltBytes > 256 || dataBlocks === 0) throw fail('its hash tree’s superblock is damaged')
  return { dataBlocks, salt: block.subarray(88, 88 + saltBytes) }
}

/** Blocks of each level, from the leaves to the root; none when one block of data is all. */
export function levelSizes(dataBlocks: number): number[] {
  const levels: number[] = []
  for (let blocks = dataBlocks; blocks > 1; levels.push(blocks))
    blocks = Math.ceil(blocks / DIGESTS_PER_BLOCK)
  return levels
}

export async function digestsOfData(
  data: Extent,
  blocks: number,
  salted: Hash,
  fail: Fail,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  await using file = await DirectFile.open(data.path, 'read')
  const digests = Buffer.alloc(blocks * DIGEST_BYTES)
  let done = 0
  for await (const bytes of readRange(file, data.offsetBytes, blocks * BLOCK_BYTES)) {
    signal?.throwIfAborted()
    if (bytes.length % BLOCK_BYTES !== 0) break
    done += digestsOf(bytes, salted).copy(digests, done)
  }
  if (done < digests.length) throw fail('it ends before its data')
  return digests
}

/** The digest of each block, one after the other. */
export function digestsOf(blocks: Buffer, salted: Hash): Buffer {
  const digests = Buffer.alloc((blocks.length / BLOCK_BYTES) * DIGEST_BYTES)
  for (let start = 0, at = 0; start < blocks.length; start += BLOCK_BYTES, at += DIGEST_BYTES)
    salted
      .copy()
      .update(blocks.subarray(start, start + BLOCK_BYTES))
      .digest()
      .copy(digests, at)
  return digests
}

async function equals(file: DirectFile, position: number, expected: Buffer): Promise<boolean> {
  let done = 0
  for await (const bytes of readRange(file, position, wholeBlocks(expected.length))) {
    if (!bytes.equals(expected.subarray(done, done + bytes.length))) return false
    done += bytes.length
  }
  return done === expected.length
}
