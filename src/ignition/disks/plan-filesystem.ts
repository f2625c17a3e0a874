import { randomBytes, randomUUID } from 'node:crypto'
import type { Filesystem, Path } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import { type Content, describe } from './state.ts'
import type { DiskStep } from './step.ts'

/** What an earlier run that was cut made, or was about to make: known by the UUID it chose. */
export type Unfinished = { readonly uuid: string; readonly isDone: boolean }

export type FilesystemPlan =
  | { readonly finding: Finding; readonly steps?: never; readonly uuid?: never }
  | {
      readonly finding?: never
      readonly steps: readonly DiskStep[]
      /** The UUID of the file system that the steps make, if it is known before. */
      readonly uuid?: string
    }

/**
 * Plans a file system by what its device holds (docs/operator-notes.md of the reference
 * implementation, "Filesystem-Reuse Semantics"): one of the right format, label and UUID is kept,
 * nothing is made into one, and anything else only gives way to wipeFilesystem. What a cut run made
 * itself is no one's data: it is kept when it was finished, and made again otherwise.
 */
export function planFilesystem(
  filesystem: Filesystem,
  at: Path,
  found: Content | undefined,
  earlier?: Unfinished,
): FilesystemPlan {
  const { device, format } = filesystem
  if (!format) return { steps: [] }
  const isOurs =
    earlier !== undefined && found !== undefined && sameUuid(found.type, earlier.uuid, found.uuid)
  if (isOurs && earlier.isDone) return { steps: [] }
  if (filesystem.wipeFilesystem !== true && !isOurs) {
    if (found === undefined ? format === 'none' : matches(filesystem, found)) return { steps: [] }
    if (found !== undefined) return { finding: conflict(filesystem, at, found) }
  }
  const wipe: DiskStep = { kind: 'wipe-signatures', at, device }
  if (format === 'none') return { steps: [wipe] }
  const uuid = filesystem.uuid ?? earlier?.uuid ?? chosenUuid(filesystem)
  const command = makeCommand(filesystem, uuid)
  const make: DiskStep = { kind: 'make-filesystem', at, device, format, command }
  return { steps: [wipe, make], ...(uuid !== undefined && { uuid }) }
}

function matches({ format, label, uuid }: Filesystem, found: Content): boolean {
  if (found.isAmbiguous || found.type !== format) return false
  if (label !== undefined && label !== found.label) return false
  return uuid === undefined || sameUuid(found.type, uuid, found.uuid)
}

function conflict({ device, format, label, uuid }: Filesystem, at: Path, found: Content): Finding {
  const wish = [format, label !== undefined && `label "${label}"`, uuid && `UUID ${uuid}`]
  const field =
    found.type !== format || found.isAmbiguous
      ? 'format'
      : label !== undefined && label !== found.label
        ? 'label'
        : 'uuid'
  return {
    at: [...at, field],
    message: `${device} holds ${describe(found)}, and ${wish.filter(Boolean).join(', ')} is asked for without wipeFilesystem`,
    expected: 'what is there, or wipeFilesystem: true to lose it',
  }
}

/** FAT has 32 bits instead, written with a dash or without. */
function canonical(format: string, uuid: string): string {
  const lower = uuid.toLowerCase()
  return format === 'vfat' ? lower.replace(/^(.{4})-/, '$1') : lower
}

function sameUuid(format: string, one: string, other: string): boolean {
  return canonical(format, one) === canonical(format, other)
}

const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
  btrfs: ['mkfs.btrfs', '--force'],
  ext4: ['mkfs.ext4', '-F'],
  swap: ['mkswap', '-f'],
  vfat: ['mkfs.vfat'],
  xfs: ['mkfs.xfs', '-f'],
}

/** The program that makes a format; undefined where there is nothing to make. */
export function makerOf(format: string): string | undefined {
  return programs[format]?.[0]
}

function makeCommand(
  { format = '', label, options = [], device }: Filesystem,
  uuid: string | undefined,
): readonly [string, ...string[]] {
  const known = programs[format]
  if (known === undefined) throw new RangeError(`no program makes ${format}`)
  const [program, ...force] = known
  const identity = uuid === undefined ? [] : uuidOptions(format, canonical(format, uuid))
  const name = label === undefined ? [] : [format === 'vfat' ? '-n' : '-L', label]
  return [program, ...options, ...force, ...identity, ...name, device]
}

function uuidOptions(format: string, uuid: string): string[] {
  if (format === 'xfs') return ['-m', `uuid=${uuid}`]
  return [format === 'vfat' ? '-i' : '-U', uuid]
}

/** Chosen here so that a run after a power loss knows its own; not where options may have chosen. */
function chosenUuid({ format, options = [] }: Filesystem): string | undefined {
  const patterns: Readonly<Record<string, RegExp>> = {
    btrfs: /^(?:-U|--uuid)/,
    ext4: /^-(?:[a-zA-Z]*U|E)/,
    swap: /^(?:-U|--uuid)/,
    vfat: /^-[a-zA-Z]*i/,
    xfs: /^-[mpd]/,
  }
  if (options.some((option) => patterns[format ?? '']?.test(option))) return undefined
  return format === 'vfat' ? randomBytes(4).toString('hex') : randomUUID()
}
