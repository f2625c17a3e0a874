import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** What a file of an erofs image takes there. */
export type ErofsFile = {
  /** Absolute path within the image. */
  readonly path: string
  readonly sizeBytes: number
  /** Bytes that hold it: whole blocks, compressed if the image is, and what lies beside its inode. */
  readonly storedBytes: number
}

const MAGIC = 0xe0f5e1e2
const SUPERBLOCK_AT = 1024
const INODE_SLOT_BYTES = 32
const DIRENT_BYTES = 12
const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFREG = 0o100000
/** Data layouts of inodes. */
const FLAT_INLINE = 2
const COMPRESSED = [1, 3]

/**
 * Lists the regular files of an erofs image (on-disk format: the kernel's fs/erofs/erofs_fs.h), reading
 * its metadata only. Throws when the file is not such an image.
 */
export async function erofsFiles(image: string): Promise<ErofsFile[]> {
  const file = await open(image, 'r')
  try {
    const read = async (offset: number, length: number) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset)
      if (bytesRead !== length) throw new Error(`${image} ends in the middle of its metadata`)
      return buffer
    }
    const superblock = await read(SUPERBLOCK_AT, 128)
    if (superblock.readUInt32LE(0) !== MAGIC) throw new Error(`${image} is not an erofs image`)
    const blockBytes = 1 << superblock.readUInt8(12)
    const inodesAt = superblock.readUInt32LE(40) * blockBytes
    const inodeAt = (number: bigint) => inodesAt + Number(number) * INODE_SLOT_BYTES
    const root = BigInt(superblock.readUInt16LE(14))

    const files: ErofsFile[] = []
    const folders = [{ path: '/', number: root }]
    for (let folder = folders.pop(); folder; folder = folders.pop()) {
      const content = await directoryContent(
        parseInode(await read(inodeAt(folder.number), 64)),
        inodeAt(folder.number),
        blockBytes,
        read,
      )
      for (const { name, number } of directoryEntries(content, blockBytes)) {
        if (name === '.' || name === '..') continue
        const path = join(folder.path, name)
        const inode = parseInode(await read(inodeAt(number), 64))
        if ((inode.mode & S_IFMT) === S_IFDIR) folders.push({ path, number })
        if ((inode.mode & S_IFMT) === S_IFREG)
          files.push({ path, sizeBytes: inode.sizeBytes, storedBytes: stored(inode, blockBytes) })
      }
    }
    return files.sort((a, b) => (a.path < b.path ? -1 : 1))
  } finally {
    await file.close()
  }
}

type Inode = {
  readonly mode: number
  readonly layout: number
  readonly sizeBytes: number
  /** Number of its compressed blocks, or of its first block. */
  readonly blocks: number
  /** Bytes of the inode and of its extended attributes: what lies inline comes after. */
  readonly headBytes: number
}

function parseInode(bytes: Buffer): Inode {
  const format = bytes.readUInt16LE(0)
  const extended = (format & 1) === 1
  const attributes = bytes.readUInt16LE(2)
  return {
    mode: bytes.readUInt16LE(4),
    layout: (format >> 1) & 7,
    sizeBytes: extended ? Number(bytes.readBigUInt64LE(8)) : bytes.readUInt32LE(8),
    blocks: bytes.readUInt32LE(16),
    headBytes: (extended ? 64 : 32) + (attributes === 0 ? 0 : 12 + 4 * (attributes - 1)),
  }
}

function stored({ layout, sizeBytes, blocks }: Inode, blockBytes: number): number {
  if (COMPRESSED.includes(layout)) return blocks * blockBytes
  return layout === FLAT_INLINE ? sizeBytes : Math.ceil(sizeBytes / blockBytes) * blockBytes
}

async function directoryContent(
  inode: Inode,
  at: number,
  blockBytes: number,
  read: (offset: number, length: number) => Promise<Buffer>,
): Promise<Buffer> {
  const first = inode.blocks * blockBytes
  if (inode.layout !== FLAT_INLINE) return await read(first, inode.sizeBytes)
  const tailBytes = inode.sizeBytes % blockBytes
  const whole = inode.sizeBytes - tailBytes
  return Buffer.concat([
    whole > 0 ? await read(first, whole) : Buffer.alloc(0),
    await read(at + inode.headBytes, tailBytes),
  ])
}

/** Each block of a folder has its entries first, then their names. */
function directoryEntries(content: Buffer, blockBytes: number): { name: string; number: bigint }[] {
  const entries: { name: string; number: bigint }[] = []
  for (let at = 0; at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes)
    const count = block.readUInt16LE(8) / DIRENT_BYTES
    for (let index = 0; index < count; index++) {
      const entry = index * DIRENT_BYTES
      const start = block.readUInt16LE(entry + 8)
      const end = index + 1 < count ? block.readUInt16LE(entry + DIRENT_BYTES + 8) : block.length
      const name = block.toString('utf8', start, end).replace(/\0.*$/s, '')
      entries.push({ name, number: block.readBigUInt64LE(entry) })
    }
  }
  return entries
}
