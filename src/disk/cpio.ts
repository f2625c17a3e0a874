/** A member of a cpio archive. Owner is root, time is the archive's epoch, for all of them. */
export type CpioMember = {
  /** Path without a leading slash. */
  readonly path: string
  /** Type and permission bits as in st_mode. */
  readonly mode: number
  /** A file's content or a link's target; empty for folders. */
  readonly content: Uint8Array
}

export const S_IFDIR = 0o040000
export const S_IFREG = 0o100000
export const S_IFLNK = 0o120000

/**
 * Packs members as a cpio archive in the `newc` format that the kernel unpacks (its
 * Documentation/driver-api/early-userspace/buffer-format). Members come sorted and nothing of the
 * build machine's inodes goes in, so equal members give equal bytes.
 */
export function packCpio(members: readonly CpioMember[], epochSeconds: number): Buffer {
  const sorted = [...members].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts = sorted.flatMap((member, index) => record(member, index + 1, epochSeconds))
  parts.push(...record({ path: 'TRAILER!!!', mode: 0, content: Buffer.alloc(0) }, 0, 0))
  return Buffer.concat(parts)
}

function record(member: CpioMember, inode: number, epochSeconds: number): Buffer[] {
  const name = Buffer.from(`${member.path}\0`)
  const links = (member.mode & S_IFDIR) === S_IFDIR ? 2 : 1
  const fields = [
    inode,
    member.mode,
    0,
    0,
    links,
    epochSeconds,
    member.content.length,
    0,
    0,
    0,
    0,
    name.length,
    0,
  ]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  const head = Buffer.concat([Buffer.from(header), name])
  return [pad(head), pad(member.content)]
}

function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}
