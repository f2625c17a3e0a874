import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import type { Content } from '../slot/content.ts'
import { DirectFile, readRange } from '../slot/direct-file.ts'
import { type BootEntry, type Esp, entriesFolder, listEntries, ukiRootHash } from './entries.ts'
import { newEntryName } from './entry-name.ts'
import { changing } from './failure.ts'
import { NotPe, peSection, readerOf } from './pe.ts'
import { HEADER_BYTES, removeEntry } from './remove-entry.ts'
import { syncFolder, syncGrowingFile } from './sync.ts'

export type UkiInstallation = {
  readonly esp: Esp
  readonly version: string
  readonly uki: Content
  /** The root hash that the UKI must have on its command line. */
  readonly rootHash: string
  readonly runningRootHash: string
  /** How often it is booted until one boot is good; `BOOT_TRIES` unless told. */
  readonly tries?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Puts a release's UKI into the ESP, with its tries; gives its path. The file is written without its first
 * sector, brought to the disk and read back; the boot loader passes over it, for it has no PE header. The
 * commit of the update is then the writing of that one sector, which a power cut cannot tear, as it can
 * tear a rename on vfat.
 *
 * An entry that is there already, whole, with this content, is left alone. Throws
 * SLIPWAY_UPDATE_SLOT_LENGTH, _DIGEST, SLIPWAY_UPDATE_ESP_NOT_WRITTEN, _READ_BACK, _NOT_THE_UKI; then there
 * is no such entry.
 */
export async function installUki(installation: UkiInstallation): Promise<string> {
  const { esp, version, uki, rootHash, runningRootHash, tries, signal } = installation
  const folder = entriesFolder(esp)
  const path = join(folder, newEntryName(version, tries))
  const present = (await listEntries(esp)).find((entry) => entry.path === path)
  if (present !== undefined) {
    if ((await digestOf(path, present.sizeBytes, Buffer.alloc(0))) === uki.sha256) return path
    await removeEntry(present, runningRootHash)
  }
  try {
    const header = await writeWithoutHeader(installation, path)
    await syncFolder(folder)
    signal?.throwIfAborted()
    if ((await digestOf(path, uki.sizeBytes, header)) !== uki.sha256) throw readBack(path)
    await refuseOtherUki(path, header, version, rootHash)
    await changing(path, () => writeHeader(path, header))
    if ((await digestOf(path, uki.sizeBytes, Buffer.alloc(0))) !== uki.sha256) throw readBack(path)
    return path
  } catch (error) {
    await withdraw(esp, path, runningRootHash)
    throw error
  }
}

/**
 * Takes the entries of a release back before it was booted, as long as it is not what runs; gives how many
 * there were.
 */
export async function withdrawUki(
  esp: Esp,
  version: string,
  runningRootHash: string,
): Promise<number> {
  const entries = (await listEntries(esp)).filter(({ name }) => name?.version === version)
  for (const entry of entries) await removeEntry(entry, runningRootHash)
  return entries.length
}

/** So many bytes wait at most for the disk. */
const SYNC_BYTES = 4 << 20

/** Writes all but the first sector, which it gives. */
async function writeWithoutHeader(
  { esp, uki, signal }: UkiInstallation,
  path: string,
): Promise<Buffer> {
  await using file = await changing(path, () => open(path, 'wx', 0o600))
  const header = Buffer.alloc(Math.min(HEADER_BYTES, uki.sizeBytes))
  const hash = createHash('sha256')
  let [offset, unsynced] = [0, 0]
  for await (const piece of uki.read(0)) {
    signal?.throwIfAborted()
    if (offset + piece.length > uki.sizeBytes) throw wrongLength(uki, offset + piece.length)
    hash.update(piece)
    const bytes = Buffer.from(piece)
    if (offset < header.length) {
      const inHeader = Math.min(header.length - offset, bytes.length)
      bytes.copy(header, offset, 0, inHeader)
      bytes.fill(0, 0, inHeader)
    }
    const position = offset
    await changing(path, () => write(file, bytes, position))
    offset += bytes.length
    unsynced += bytes.length
    if (unsynced >= SYNC_BYTES) {
      await changing(path, () => syncGrowingFile(esp, file))
      unsynced = 0
    }
  }
  if (offset !== uki.sizeBytes) throw wrongLength(uki, offset)
  const actual = hash.digest('hex')
  if (actual !== uki.sha256) {
    const details = { content: 'The UKI', expected: uki.sha256, actual }
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_DIGEST', details)
  }
  await changing(path, () => syncGrowingFile(esp, file))
  return header
}

async function write(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

async function writeHeader(path: string, header: Buffer): Promise<void> {
  await using file = await open(path, 'r+')
  await write(file, header, 0)
  await file.datasync()
}

/** SHA-256 of a header and what follows it on the disk. */
async function digestOf(path: string, sizeBytes: number, header: Buffer): Promise<string> {
  await using file = await DirectFile.open(path, 'read')
  const hash = createHash('sha256').update(header)
  let skipped = header.length
  for await (const bytes of readRange(file, 0, sizeBytes)) {
    hash.update(bytes.subarray(skipped))
    skipped = 0
  }
  return hash.digest('hex')
}

/** What would boot another slot, or nothing, must not be committed. */
async function refuseOtherUki(
  path: string,
  header: Buffer,
  version: string,
  rootHash: string,
): Promise<void> {
  const fail = (reason: string, cause?: unknown) =>
    updateSlotErrors.error('SLIPWAY_UPDATE_ESP_NOT_THE_UKI', { version, reason }, cause)
  await using file = await open(path, 'r')
  const fromFile = readerOf(file)
  const read = async (position: number, length: number): Promise<Buffer> => {
    const bytes = await fromFile(position, length)
    if (position < header.length) header.copy(bytes, 0, position)
    return bytes
  }
  const found = await ukiRootHash(read).catch((error: unknown) => {
    throw error instanceof NotPe ? fail(error.message, error) : error
  })
  const osRelease = await peSection(read, '.osrel')
  if (osRelease === undefined || osRelease.length === 0)
    throw fail('it has no section .osrel, by which the boot loader names and orders entries')
  if (found !== rootHash)
    throw fail(`its command line has usrhash=${found ?? ''}, the slot has ${rootHash}`)
}

async function withdraw(esp: Esp, path: string, runningRootHash: string): Promise<void> {
  const entry = (await listEntries(esp)).find((candidate: BootEntry) => candidate.path === path)
  if (entry !== undefined) await removeEntry(entry, runningRootHash)
}

function wrongLength(uki: Content, actualBytes: number): Error {
  const details = { content: 'The UKI', expectedBytes: uki.sizeBytes, actualBytes }
  return updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_LENGTH', details)
}

function readBack(file: string): Error {
  return updateSlotErrors.error('SLIPWAY_UPDATE_ESP_READ_BACK', { file })
}
