import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { slotUuids } from '../../disk/identifiers.ts'
import { namesIn } from '../../files/absence.ts'
import { type EntryName, parseEntryName } from './entry-name.ts'
import { NotPe, peSection, readerOf } from './pe.ts'

/** The mounted EFI system partition. */
export type Esp = {
  /** Where it is mounted: `/boot`. */
  readonly directory: string
  /** Its block device, whose own buffers are synced too; absent where there is none. */
  readonly device?: string
}

/** A file in `EFI/Linux` that the boot loader may take for a UKI. */
export type BootEntry = {
  readonly file: string
  readonly path: string
  readonly sizeBytes: number
  /** Absent when the name is not one of ours. */
  readonly name?: EntryName
  /**
   * The `usrhash=` of its command line. Absent when it has none, or is no whole UKI: then it does not
   * boot.
   */
  readonly rootHash?: string
}

/** The folder of UKIs (Boot Loader Specification, type 2 entries). */
export function entriesFolder(esp: Esp): string {
  return join(esp.directory, 'EFI/Linux')
}

/** All UKIs of the ESP, by file name; none when it has no such folder, or is not mounted. */
export async function listEntries(esp: Esp): Promise<BootEntry[]> {
  const folder = entriesFolder(esp)
  const files = (await namesIn(folder)).filter((file) => /\.efi$/i.test(file)).sort()
  return Promise.all(files.map((file) => readEntry(folder, file)))
}

/** The entries of the running release; several differ in other parts of their command line. */
export function runningEntries(entries: readonly BootEntry[], rootHash: string): BootEntry[] {
  return entries.filter((entry) => entry.rootHash === rootHash)
}

/**
 * What must go before the free slot is written: all our entries but those of the running release, and
 * whatever else would boot the free slot by its UUIDs.
 */
export function staleEntries(
  entries: readonly BootEntry[],
  runningRootHash: string,
  freeUsrUuid: string,
): BootEntry[] {
  return entries.filter(({ name, rootHash }) => {
    if (rootHash === runningRootHash) return false
    return (
      name !== undefined || (rootHash !== undefined && slotUuids(rootHash).data === freeUsrUuid)
    )
  })
}

/** The `usrhash=` of a UKI's command line; undefined when it has none. Throws NotPe. */
export async function ukiRootHash(
  read: (position: number, length: number) => Promise<Buffer>,
): Promise<string | undefined> {
  const commandLine = (await peSection(read, '.cmdline'))?.toString('utf8') ?? ''
  return /(?:^|[\s])usrhash=([0-9a-f]{64})(?=[\s\0]|$)/i.exec(commandLine)?.[1]?.toLowerCase()
}

async function readEntry(folder: string, file: string): Promise<BootEntry> {
  const path = join(folder, file)
  await using handle = await open(path, 'r')
  const { size: sizeBytes } = await handle.stat()
  const name = parseEntryName(file)
  const rootHash = await rootHashOrNone(readerOf(handle))
  return { file, path, sizeBytes, ...(name && { name }), ...(rootHash && { rootHash }) }
}

/** An entry that was not finished, or was given up, has no PE header. */
async function rootHashOrNone(
  read: (position: number, length: number) => Promise<Buffer>,
): Promise<string | undefined> {
  try {
    return await ukiRootHash(read)
  } catch (error) {
    if (error instanceof NotPe) return undefined
    throw error
  }
}
