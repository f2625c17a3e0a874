import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'

export type RaidMember = {
  readonly uuid: string
  readonly devices: number
  readonly number: number
  readonly events: bigint
  /** The roles of the devices, by their numbers; undefined for one that failed. */
  readonly roles: readonly (number | undefined)[]
}

/**
 * Writes onto a disk what makes it a member of a RAID 1 (metadata 1.2, as in the kernel's md_p.h), for machines
 * whose kernel has no arrays.
 */
export function writeRaidMember(device: string, size: number, member: RaidMember): void {
  const block = superblock(size / 512, member)
  const file = openSync(device, 'r+')
  try {
    writeSync(file, block, 0, block.length, superOffset * 512)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const superOffset = 8
const dataOffset = 2048
const failed = 0xfffe

function superblock(sectors: number, { uuid, devices, number, events, roles }: RaidMember): Buffer {
  const block = Buffer.alloc(256 + roles.length * 2)
  const id = Buffer.from(uuid.replaceAll(/[^0-9a-f]/g, ''), 'hex')
  block.writeUInt32LE(0xa92b4efc, 0)
  block.writeUInt32LE(1, 4)
  id.copy(block, 16)
  block.write('any:slipway-test', 32)
  block.writeUInt32LE(1, 72)
  block.writeBigUInt64LE(BigInt(sectors - dataOffset), 80)
  block.writeUInt32LE(devices, 92)
  block.writeBigUInt64LE(BigInt(dataOffset), 128)
  block.writeBigUInt64LE(BigInt(sectors - dataOffset), 136)
  block.writeBigUInt64LE(BigInt(superOffset), 144)
  block.writeUInt32LE(number, 160)
  id.copy(block, 168)
  block.writeUInt8(number + 1, 168)
  block.writeBigUInt64LE(events, 200)
  block.writeBigUInt64LE(2n ** 64n - 1n, 208)
  block.writeUInt32LE(roles.length, 220)
  roles.forEach((role, index) => {
    block.writeUInt16LE(role ?? failed, 256 + index * 2)
  })
  block.writeUInt32LE(checksum(block), 216)
  return block
}

function checksum(block: Buffer): number {
  let sum = 0
  for (let at = 0; at + 4 <= block.length; at += 4) sum += block.readUInt32LE(at)
  if (block.length % 4 !== 0) sum += block.readUInt16LE(block.length - 2)
  return ((sum % 2 ** 32) + Math.floor(sum / 2 ** 32)) >>> 0
}
