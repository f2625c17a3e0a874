import { updateSlotErrors } from '../../errors/update-slot.ts'

/**
 * The name of a boot entry's UKI, as the Boot Loader Specification and systemd's Automatic Boot Assessment
 * have it: `slipway_1.2.efi` is good, `slipway_1.2+2-1.efi` is being tried (two tries left, one done),
 * `slipway_1.2+0-3.efi` is bad.
 */
export type EntryName = {
  readonly version: string
  /** Absent once the entry was found good. */
  readonly tries?: Tries
}

export type Tries = { readonly left: number; readonly done: number }

/** Tries of an entry that is written new, unless told. */
export const BOOT_TRIES = 3

/**
 * More would not be tried: after so many boots units/initrd/slipway-fall-back.service takes it that there is nothing
 * else to boot.
 */
export const MAXIMUM_TRIES = 5

/** Parses a file name; undefined when it is not one of ours. */
export function parseEntryName(file: string): EntryName | undefined {
  const match = pattern.exec(file)
  const version = match?.groups?.version
  if (version === undefined) return undefined
  const { left, done } = match?.groups ?? {}
  if (left === undefined) return { version }
  return { version, tries: { left: Number(left), done: Number(done ?? 0) } }
}

/** The file name; the inverse of `parseEntryName`. Throws SLIPWAY_UPDATE_SLOT_VERSION_UNUSABLE. */
export function formatEntryName({ version, tries }: EntryName): string {
  const reason = unusableVersion(version)
  if (reason !== undefined)
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_VERSION_UNUSABLE', { version, reason })
  return `${PREFIX}${version}${tries === undefined ? '' : counter(tries)}.efi`
}

/** The file name of an entry that was never tried. */
export function newEntryName(version: string, tries = BOOT_TRIES): string {
  return formatEntryName({ version, tries: { left: tries, done: 0 } })
}

/** Whether the boot loader still tries the entry, takes it as good, or as the last choice only. */
export function entryState({ tries }: EntryName): 'good' | 'trying' | 'bad' {
  if (tries === undefined) return 'good'
  return tries.left > 0 ? 'trying' : 'bad'
}

/** The entry's name once it shall not be booted again. */
export function badEntryName({ version, tries }: EntryName): EntryName {
  return { version, tries: { left: 0, done: Math.max(tries?.done ?? 0, 1) } }
}

/** Why a version cannot be part of a file name and a partition's label; undefined if it can. */
export function unusableVersion(version: string): string | undefined {
  if (version.length === 0) return 'it is empty'
  if (version.length > MAXIMUM_VERSION) return `it has more than ${MAXIMUM_VERSION} characters`
  if (!/^[A-Za-z0-9][A-Za-z0-9.~^_-]*$/.test(version))
    return 'expected letters, digits and . ~ ^ _ -, beginning with a letter or digit'
  return undefined
}

const PREFIX = 'slipway_'

/** A GPT label has 36 characters, and begins with the same prefix. */
const MAXIMUM_VERSION = 36 - PREFIX.length

/** Versions have no plus sign, so what follows one is the counter. vfat ignores case. */
const pattern =
  /^slipway_(?<version>[A-Za-z0-9][A-Za-z0-9.~^_-]*)(?:\+(?<left>\d{1,9})(?:-(?<done>\d{1,9}))?)?\.efi$/i

function counter({ left, done }: Tries): string {
  return done === 0 ? `+${left}` : `+${left}-${done}`
}
