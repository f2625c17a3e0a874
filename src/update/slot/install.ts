import { rm, statfs } from 'node:fs/promises'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { type Esp, listEntries, runningEntries, staleEntries } from '../esp/entries.ts'
import { newEntryName } from '../esp/entry-name.ts'
import { installUki } from '../esp/install-uki.ts'
import { markEntryBad, removeEntry } from '../esp/remove-entry.ts'
import type { Content, SlotContents } from './content.ts'
import { currentLayout } from './discover.ts'
import type { Layout } from './layout.ts'
import type { EspState } from './preflight.ts'
import { holdsRelease, type InstallProgress, writeSlot } from './write-slot.ts'

export type Installation = {
  readonly layout: Layout
  readonly esp: Esp
  /** The root hash that runs: its slot and its boot entries are never touched. */
  readonly runningRootHash: string
  readonly version: string
  readonly rootHash: string
  readonly contents: SlotContents
  readonly uki: Content
  /** File of the journal, on a file system that survives a reboot. */
  readonly journal: string
  /**
   * The release is older than what runs. The boot loader takes the newest good entry, so that of the running
   * release is marked bad after the commit; it stays the one to fall back to.
   */
  readonly isDowngrade?: boolean
  /** How often the release is booted until one boot is good; `BOOT_TRIES` unless told. */
  readonly tries?: number | undefined
  /** As `writePartition` takes it. */
  readonly checkpointBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly report?: (progress: InstallProgress) => void
}

/**
 * Installs a release that passed `refusals`: old entries out of the ESP, the free slot, then the UKI, whose
 * header is the commit. At any power cut before, the host boots what it booted before; after it, the new
 * release. Called again with the same release it goes on where it was cut, or finds all done. Gives the
 * path of the UKI. One call at a time.
 *
 * Throws SLIPWAY_UPDATE_SLOT_* and SLIPWAY_UPDATE_ESP_*, and what the contents throw.
 */
export async function installRelease(installation: Installation): Promise<string> {
  const { esp, runningRootHash, version, rootHash, uki, tries, journal, signal, report } =
    installation
  const layout = await currentLayout(installation.layout, runningRootHash)
  const writing = { ...installation, layout }
  report?.({ step: 'clear' })
  const isWritten = await holdsRelease(writing)
  // Its own entry may stay while its slot is whole: installUki looks whether that is so of the entry too.
  await removeStale(installation, layout, isWritten ? newEntryName(version, tries) : undefined)
  if (!isWritten) await writeSlot(writing)
  // What a run left that was cut after the slot got its names.
  else await rm(journal, { force: true })
  report?.({ step: 'commit' })
  const path = await installUki({ esp, version, uki, rootHash, runningRootHash, tries, signal })
  if (installation.isDowngrade) await putRunningLast(installation)
  return path
}

/** What pre-flight checks need to know of the ESP. */
export async function readEsp(esp: Esp): Promise<EspState> {
  const { bavail, bsize } = await statfs(esp.directory)
  return {
    directory: esp.directory,
    entries: await listEntries(esp),
    freeBytes: bavail * bsize,
    clusterBytes: bsize,
  }
}

async function removeStale(
  { esp, runningRootHash }: Installation,
  { free }: Layout,
  kept: string | undefined,
): Promise<void> {
  const entries = await listEntries(esp)
  // Without the entry of what runs, the others may be all that boots; or the ESP is not mounted.
  if (runningEntries(entries, runningRootHash).length === 0)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_RUNNING_MISSING', {
      directory: esp.directory,
      rootHash: runningRootHash,
    })
  for (const entry of staleEntries(entries, runningRootHash, free.usr.uuid))
    if (entry.file !== kept) await removeEntry(entry, runningRootHash)
}

async function putRunningLast({ esp, runningRootHash }: Installation): Promise<void> {
  for (const entry of runningEntries(await listEntries(esp), runningRootHash))
    await markEntryBad(entry)
}
