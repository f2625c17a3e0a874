import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { InTree } from './peers.ts'
import type { Build } from './releases.ts'

export type Rauc = {
  /** Bytes of the index, and of the bundle's blocks that hold something that an older build has not. */
  missing(older: Build): Promise<number>
}

/** Slot of a bundle, and the build's file that goes into it. */
const images = { rootfs: 'usr.erofs', kernel: 'slipway.efi' } as const

/** What RAUC compares. */
const HASHED_BYTES = 4096
/** What squashfs, of which a bundle consists, compresses at once, by gzip, unless told otherwise. */
const SQUASHFS_BYTES = 128 << 10

/**
 * Has RAUC make a bundle of the newest build for adaptive updates (block-hash-index), and takes the index out of
 * it. What a host would download follows from that: a host reads a block of the bundle's squashfs for each
 * hash that it does not find in what it runs.
 */
export async function openRauc(newest: Build, work: string, inTree: InTree): Promise<Rauc> {
  const input = join(work, 'bundle')
  await mkdir(input)
  const padded = new Map<string, Buffer>()
  for (const [slot, name] of Object.entries(images)) {
    const bytes = paddedTo(await readFile(join(newest.directory, name)), HASHED_BYTES)
    padded.set(slot, bytes)
    await writeFile(join(input, `${slot}.img`), bytes)
  }
  await writeFile(join(input, 'manifest.raucm'), manifest(newest.version))
  await inTree(
    'openssl',
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=bench'],
    ...['-keyout', '/work/key.pem', '-out', '/work/cert.pem'],
  )
  const signing = ['--cert=/work/cert.pem', '--key=/work/key.pem']
  await inTree('rauc', ...signing, 'bundle', '/work/bundle', '/work/newest.raucb')
  await inTree('unsquashfs', '-no-progress', '-d', '/work/indexes', '/work/newest.raucb')
  const parts = await Promise.all(
    [...padded].map(async ([slot, bytes]) => {
      const index = await readFile(join(work, 'indexes', `${slot}.img.block-hash-index`))
      return { bytes, index: hashesOf(index), indexBytes: index.length }
    }),
  )
  return {
    missing: async (older) => {
      const known = new Set<string>()
      for (const name of Object.values(images))
        for (const hash of blockHashes(await readFile(join(older.directory, name)))) known.add(hash)
      let sum = 0
      for (const { bytes, index, indexBytes } of parts)
        sum += indexBytes + (await missingBlockBytes(bytes, index, known))
      return sum
    },
  }
}

function manifest(version: string): string {
  const sections = Object.keys(images).map(
    (slot) => `[image.${slot}]\nfilename=${slot}.img\nadaptive=block-hash-index\n`,
  )
  return `[update]\ncompatible=slipway-bench\nversion=${version}\n\n[bundle]\nformat=verity\n\n${sections.join('\n')}`
}

function paddedTo(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((unit - (bytes.length % unit)) % unit)])
}

/** An index is the SHA-256 of each block, one after another. */
function hashesOf(index: Buffer): string[] {
  return Array.from({ length: index.length / 32 }, (_, number) =>
    index.toString('hex', number * 32, (number + 1) * 32),
  )
}

/** SHA-256 of each block, as RAUC's index has them. */
export function* blockHashes(bytes: Buffer): Generator<string> {
  const padded = paddedTo(bytes, HASHED_BYTES)
  for (let at = 0; at < padded.length; at += HASHED_BYTES)
    yield createHash('sha256')
      .update(padded.subarray(at, at + HASHED_BYTES))
      .digest('hex')
}

/** What of an image's squashfs blocks is read for the hashes that are not known. */
export async function missingBlockBytes(
  image: Buffer,
  index: readonly string[],
  known: ReadonlySet<string>,
): Promise<number> {
  let sum = 0
  const hashesInBlock = SQUASHFS_BYTES / HASHED_BYTES
  for (let start = 0; start < image.length; start += SQUASHFS_BYTES) {
    const first = start / HASHED_BYTES
    if (index.slice(first, first + hashesInBlock).every((hash) => known.has(hash))) continue
    const block = image.subarray(start, start + SQUASHFS_BYTES)
    sum += Math.min(block.length, (await promisify(deflate)(block, { level: 9 })).length)
  }
  return sum
}
