/** The extended attribute that says what capabilities a program gets; see capabilities(7), and linux/capability.h. */
export const capabilityAttribute = 'security.capability'

const revisionMask = 0xff000000
const revision2 = 0x02000000
const revision3 = 0x03000000
const bytesOfRevision2 = 20

/**
 * The attribute as it counts for processes of a user namespace whose root is `rootId` on the host: without such a
 * number it would be the host's, and count for nobody there.
 */
export function capabilityForRoot(value: Buffer, rootId: number): Buffer {
  if (value.length < bytesOfRevision2) return value
  const plain = capabilityWithoutRoot(value)
  const header = (plain.readUInt32LE(0) & ~revisionMask) | revision3
  const changed = Buffer.alloc(bytesOfRevision2 + 4)
  plain.copy(changed)
  changed.writeUInt32LE(header >>> 0, 0)
  changed.writeUInt32LE(rootId, bytesOfRevision2)
  return changed
}

/** The attribute as archives have it, whatever namespace it counts in. */
export function capabilityWithoutRoot(value: Buffer): Buffer {
  if (value.length < bytesOfRevision2) return value
  const plain = Buffer.from(value.subarray(0, bytesOfRevision2))
  plain.writeUInt32LE(((plain.readUInt32LE(0) & ~revisionMask) | revision2) >>> 0, 0)
  return plain
}
