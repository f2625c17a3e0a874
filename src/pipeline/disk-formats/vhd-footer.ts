export const FOOTER_BYTES = 512

/** Where fields of the footer lie, in bytes; all are big-endian. */
const at = { timeStamp: 24, checksum: 64, uniqueId: 68 }

/** VHD counts seconds from the begin of 2000. */
const EPOCH_OF_VHD = Date.UTC(2000, 0, 1) / 1000

/**
 * The footer of a VHD with another time and identifier than the moment and chance of its making.
 *
 * `epoch` is in seconds since 1970. Virtual Hard Disk Image Format Specification 1.0, "Hard Disk Footer
 * Format": the checksum is the one's complement of the sum of all bytes but its own.
 *
 * @throws RangeError what is no footer
 */
export function settledFooter(footer: Buffer, uuid: string, epoch: number): Buffer {
  if (footer.length !== FOOTER_BYTES || footer.toString('latin1', 0, 8) !== 'conectix')
    throw new RangeError('not the footer of a VHD')
  const settled = Buffer.from(footer)
  settled.writeUInt32BE(Math.max(0, epoch - EPOCH_OF_VHD), at.timeStamp)
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(settled, at.uniqueId, 0, 16)
  settled.writeUInt32BE(0, at.checksum)
  const sum = settled.reduce((total, byte) => total + byte, 0)
  settled.writeUInt32BE(~sum >>> 0, at.checksum)
  return settled
}
