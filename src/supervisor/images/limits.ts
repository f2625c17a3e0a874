import { statfs } from 'node:fs/promises'
import { imagesErrors } from '../../errors/images.ts'

/** What a pull may take of the host. */
export type StoreLimits = {
  /** Unpacked, one layer, as a tar. */
  readonly layerBytes: number
  /** Unpacked to compressed; looked at only beyond `ratioFromBytes`, small layers may be mostly zeroes. */
  readonly ratio: number
  readonly ratioFromBytes: number
  /** Paths of one layer. */
  readonly layerEntries: number
  /** Free space that pulls never touch: the host needs it for logs and updates. */
  readonly reserveBytes: number
}

const MiB = 1024 * 1024
const GiB = 1024 * MiB

export const defaultLimits: StoreLimits = {
  layerBytes: 32 * GiB,
  ratio: 250,
  ratioFromBytes: GiB,
  layerEntries: 1_000_000,
  reserveBytes: 256 * MiB,
}

/** Free space is looked at again after this much was unpacked. */
export const spaceCheckBytes = 32 * MiB

export type Unpacked = {
  readonly digest: string
  /** What the layer's descriptor says. */
  readonly compressedBytes: number
  readonly unpackedBytes: number
  readonly entryCount: number
}

/** @throws SLIPWAY_IMAGES_LAYER_TOO_LARGE */
export function checkLayerSize(
  { digest, compressedBytes, unpackedBytes, entryCount }: Unpacked,
  { layerBytes, ratio, ratioFromBytes, layerEntries }: StoreLimits,
): void {
  const tooLarge = (limit: string) =>
    imagesErrors.error('SLIPWAY_IMAGES_LAYER_TOO_LARGE', { digest, limit })
  if (unpackedBytes > layerBytes) throw tooLarge(`${inMiB(layerBytes)} MiB`)
  if (entryCount > layerEntries) throw tooLarge(`${layerEntries} files`)
  if (unpackedBytes > ratioFromBytes && unpackedBytes > ratio * compressedBytes) {
    throw tooLarge(`${ratio} times its compressed size`)
  }
}

/** The bytes that are free for us on a directory's file system. */
export async function freeSpace(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

/**
 * Checks that `neededBytes` more fit below `directory` and leave the reserve alone, and what others will
 * still write.
 *
 * @throws SLIPWAY_IMAGES_DISK_FULL
 */
export async function checkSpace(
  what: string,
  directory: string,
  neededBytes: number,
  reserveBytes: number,
  claimedBytes = 0,
): Promise<void> {
  const availableBytes = (await freeSpace(directory)) - reserveBytes - claimedBytes
  if (availableBytes >= neededBytes) return
  throw diskFull(what, directory, { neededBytes, availableBytes, reserveBytes })
}

export function diskFull(
  what: string,
  directory: string,
  sizes: { neededBytes: number; availableBytes: number; reserveBytes: number },
  cause?: unknown,
) {
  const details = {
    what,
    directory,
    neededMiB: inMiB(sizes.neededBytes),
    missingMiB: inMiB(sizes.neededBytes - Math.max(0, sizes.availableBytes)),
    reserveMiB: inMiB(sizes.reserveBytes),
  }
  return imagesErrors.error('SLIPWAY_IMAGES_DISK_FULL', details, cause)
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / MiB)
}
