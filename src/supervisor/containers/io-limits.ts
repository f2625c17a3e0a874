/** A limit or weight of one disk, by its path on the host. */
export type DiskLimit = { readonly path: string; readonly value: number }

/** What a container may read and write, as fields of its limits. */
export type IoLimits = {
  /** Relative weight, from 10 to 1000; 500 is usual. */
  readonly ioWeight?: number
  /** The same of single disks. */
  readonly ioWeights?: readonly DiskLimit[]
  /** Bytes in a second. */
  readonly ioReadBytes?: readonly DiskLimit[]
  readonly ioWriteBytes?: readonly DiskLimit[]
  /** Operations in a second. */
  readonly ioReads?: readonly DiskLimit[]
  readonly ioWrites?: readonly DiskLimit[]
}

/** Limits that are for single disks. */
export type DiskLimits = Exclude<keyof IoLimits, 'ioWeight'>

export const leastWeight = 10
export const mostWeight = 1000

export function isWeight(value: number): boolean {
  return Number.isInteger(value) && value >= leastWeight && value <= mostWeight
}
