import { createHash } from 'node:crypto'

/** A UUID derived from a seed and a name (RFC 9562, version 8 layout over SHA-256). */
export function derivedUuid(seed: string, name: string): string {
  const bytes = createHash('sha256').update(`${seed}\0${name}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return formatUuid(bytes.toString('hex'))
}

/**
 * UUIDs of a slot's data and hash partitions: the two halves of the root hash (Discoverable Partitions
 * Specification), so that a boot entry's `usrhash=` alone names the slot.
 */
export function slotUuids(rootHash: string): { data: string; verity: string } {
  return { data: formatUuid(rootHash.slice(0, 32)), verity: formatUuid(rootHash.slice(-32)) }
}

function formatUuid(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}
