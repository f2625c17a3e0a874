import { createHash } from 'node:crypto'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import type { Artifact, HashTree } from '../release.ts'
import type { Content } from '../slot/content.ts'
import { BLOCK_BYTES } from '../slot/direct-file.ts'
import type { Extent } from '../slot/layout.ts'
import { digestsOf, digestsOfData, levelSizes } from '../slot/verity.ts'

/**
 * The hash tree of a usr image that is on the disk already: it is computed, and nothing is downloaded. What
 * does not come out with the digest of `verity` is not given.
 */
export function computedHashTree(
  verity: Artifact,
  parameters: HashTree,
  usr: Extent,
  signal?: AbortSignal,
): Content {
  const { sizeBytes, sha256 } = verity
  return {
    sizeBytes,
    sha256,
    async *read(offsetBytes) {
      const tree = await computeHashTree(usr, parameters, signal)
      if (tree.length !== sizeBytes || createHash('sha256').update(tree).digest('hex') !== sha256)
        throw damaged('what was computed is not the release’s')
      yield tree.subarray(offsetBytes)
    },
  }
}

/**
 * dm-verity's hash tree of an image, as `veritysetup format` makes it: format 1, SHA-256, blocks of 4096
 * bytes.
 */
export async function computeHashTree(
  usr: Extent,
  parameters: HashTree,
  signal?: AbortSignal,
): Promise<Buffer> {
  const dataBlocks = usr.sizeBytes / BLOCK_BYTES
  if (!Number.isInteger(dataBlocks) || dataBlocks < 1)
    throw damaged('the image does not have whole blocks')
  const salted = createHash('sha256').update(Buffer.from(parameters.salt, 'hex'))
  const fail = (reason: string, cause?: unknown) => damaged(reason, cause)
  let digests = await digestsOfData(usr, dataBlocks, salted, fail, signal)
  const levels: Buffer[] = []
  for (const blocks of levelSizes(dataBlocks)) {
    const level = Buffer.alloc(blocks * BLOCK_BYTES)
    digests.copy(level)
    levels.unshift(level)
    digests = digestsOf(level, salted)
  }
  return Buffer.concat([superblock(dataBlocks, parameters), ...levels])
}

/** The tree's first block; its fields: `struct verity_sb` of cryptsetup. */
export function superblock(dataBlocks: number, { uuid, salt }: HashTree): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  block.write('verity\0\0', 0, 'latin1')
  block.writeUInt32LE(1, 8)
  block.writeUInt32LE(1, 12)
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(block, 16)
  block.write('sha256', 32, 'latin1')
  block.writeUInt32LE(BLOCK_BYTES, 64)
  block.writeUInt32LE(BLOCK_BYTES, 68)
  block.writeBigUInt64LE(BigInt(dataBlocks), 72)
  block.writeUInt16LE(salt.length / 2, 80)
  Buffer.from(salt, 'hex').copy(block, 88)
  return block
}

/** What a superblock says; undefined if it is not one that `superblock` would make. */
export function readHashTree(block: Buffer): HashTree | undefined {
  if (block.length < BLOCK_BYTES) return undefined
  const hex = block.toString('hex', 16, 32)
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const saltBytes = Math.min(256, block.readUInt16LE(80))
  const parameters = { uuid, salt: block.toString('hex', 88, 88 + saltBytes) }
  const dataBlocks = Number(block.readBigUInt64LE(72))
  return superblock(dataBlocks, parameters).equals(block.subarray(0, BLOCK_BYTES))
    ? parameters
    : undefined
}

function damaged(reason: string, cause?: unknown) {
  const details = { what: 'The hash tree', reason }
  return updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_DAMAGED', details, cause)
}
