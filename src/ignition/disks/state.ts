/** What is on a machine's block devices, as `look.ts` reads it and as plans are made from it. */

/** A disk that partitions are asked for. */
export type DiskState = {
  /** The device itself, without links: /dev/vdb. */
  readonly device: string
  readonly sectorBytes: number
  /** How many sectors it has. */
  readonly sectors: number
  readonly table?: PartitionTable
  /** What the disk holds directly, without or beside a partition table. */
  readonly content?: Content
  /** By what the disk as a whole is in use: a mount point, or a device on top of it. */
  readonly usedBy?: string
  /** Numbers of the partitions that are in use, each with by what. */
  readonly usedPartitions: ReadonlyMap<number, string>
}

/** A partition table; only `gpt` can be changed. Numbers are sectors, both ends included. */
export type PartitionTable = {
  readonly type: string
  readonly id: string
  readonly firstUsable: number
  readonly lastUsable: number
  /** How many entries it has room for. */
  readonly entries: number
  readonly partitions: readonly Partition[]
}

/** Whether a table is only the MBR that protects a GPT, of which nothing is left. */
export function isProtectiveAlone({ type, partitions }: PartitionTable): boolean {
  return (
    type === 'dos' && partitions.length > 0 && partitions.every((each) => each.typeGuid === 'EE')
  )
}

export type Partition = {
  readonly number: number
  readonly start: number
  readonly size: number
  readonly label: string
  readonly guid: string
  readonly typeGuid: string
  /** As sfdisk writes them, such as `LegacyBIOSBootable GUID:60`; empty for none. */
  readonly attributes: string
}

/** What a device holds by its signatures. */
export type Content = {
  /** As blkid names it: ext4, crypto_LUKS, linux_raid_member; `gpt partition table` for tables. */
  readonly type: string
  readonly label: string
  readonly uuid: string
  /** Signatures of several file systems: no one knows which of them is meant. */
  readonly isAmbiguous: boolean
}

/** For people: `ext4 (label "data", UUID …)`. */
export function describe({ type, label, uuid }: Content): string {
  const names = [label && `label "${label}"`, uuid && `UUID ${uuid}`].filter(Boolean)
  return names.length === 0 ? type : `${type} (${names.join(', ')})`
}
