import type { SlipwayError } from '../../errors/error.ts'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { type BootEntry, runningEntries, staleEntries } from '../esp/entries.ts'
import { unusableVersion } from '../esp/entry-name.ts'
import type { Artifact, ReleaseDescription } from '../release.ts'
import type { Layout, SlotPartition } from './layout.ts'

/** What the host is, as far as a release must fit it. */
export type Host = {
  readonly image: string
  readonly version: string
  readonly architecture: string
  /** The root hash that runs. */
  readonly rootHash: string
  readonly layout: Layout
  readonly esp: EspState
}

export type EspState = {
  readonly directory: string
  readonly entries: readonly BootEntry[]
  readonly freeBytes: number
  /** Files take whole clusters. */
  readonly clusterBytes: number
}

export type Rules = {
  /** Negative when the first version is older. */
  readonly compareVersions: (a: string, b: string) => number
  readonly allowDowngrade: boolean
  /** The first release between the running one and this one that may not be skipped. */
  readonly floor?: string
}

/**
 * Everything that stands against installing a release, each with what to do about it; none when it can be
 * installed. Nothing is read or written.
 */
export function refusals(release: ReleaseDescription, host: Host, rules: Rules): SlipwayError[] {
  return [
    ...otherHost(release, host),
    ...versionOrder(release, host, rules),
    ...unusableDescription(release),
    ...tooLarge(release, host.layout),
    ...bootEntries(release, host),
  ]
}

/** Throws SLIPWAY_UPDATE_SLOT_REFUSED with all refusals in its message; each with its code. */
export function refuse(version: string, found: readonly SlipwayError[]): void {
  if (found.length === 0) return
  const lines = found.map(({ code, message, next = '' }) => `- ${message} ${next} [${code}]`)
  throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_REFUSED', {
    version,
    refusals: lines.join('\n'),
  })
}

function otherHost(release: ReleaseDescription, host: Host): SlipwayError[] {
  const found: SlipwayError[] = []
  if (release.image !== host.image)
    found.push(
      updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_OTHER_IMAGE', {
        image: release.image,
        runningImage: host.image,
      }),
    )
  if (release.architecture !== host.architecture)
    found.push(
      updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_OTHER_ARCHITECTURE', {
        architecture: release.architecture,
        runningArchitecture: host.architecture,
      }),
    )
  return found
}

function versionOrder({ version, rootHash }: ReleaseDescription, host: Host, rules: Rules) {
  const runningVersion = host.version
  const reason = unusableVersion(version)
  if (reason !== undefined)
    return [updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_VERSION_UNUSABLE', { version, reason })]
  if (version === runningVersion || rootHash === host.rootHash)
    return [updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_SAME_RELEASE', { version: runningVersion })]
  if (rules.compareVersions(version, runningVersion) <= 0)
    return rules.allowDowngrade
      ? []
      : [updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_DOWNGRADE', { version, runningVersion })]
  if (rules.floor !== undefined && rules.floor !== version)
    return [
      updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_FLOOR', {
        version,
        runningVersion,
        floor: rules.floor,
      }),
    ]
  return []
}

function unusableDescription(release: ReleaseDescription): SlipwayError[] {
  const { version, rootHash, usr, verity, signature, uki } = release
  const reasons: string[] = []
  if (!/^[0-9a-f]{64}$/.test(rootHash))
    reasons.push('its root hash is not 64 hexadecimal digits in lower case')
  if (usr.sizeBytes % BLOCK_BYTES !== 0)
    reasons.push(`its /usr is not of blocks of ${BLOCK_BYTES} bytes`)
  const artifacts: [string, Artifact | undefined][] = Object.entries({
    usr,
    verity,
    signature,
    uki,
  })
  for (const [name, artifact] of artifacts) {
    if (artifact === undefined) continue
    if (!Number.isSafeInteger(artifact.sizeBytes) || artifact.sizeBytes <= 0)
      reasons.push(`${name} has no size`)
    if (!/^[0-9a-f]{64}$/.test(artifact.sha256))
      reasons.push(`${name} has no SHA-256 of 64 hexadecimal digits in lower case`)
  }
  return reasons.map((reason) =>
    updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_DESCRIPTION_UNUSABLE', { version, reason }),
  )
}

const BLOCK_BYTES = 4096

function tooLarge({ usr, verity, signature }: ReleaseDescription, { free }: Layout) {
  const pairs: [string, Artifact | undefined, SlotPartition][] = [
    ['/usr', usr, free.usr],
    ['The hash tree of /usr', verity, free.verity],
    ['The signature of the root hash', signature, free.signature],
  ]
  return pairs.flatMap(([content, artifact, { node, sizeBytes }]) =>
    artifact !== undefined && artifact.sizeBytes > sizeBytes
      ? [
          updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_TOO_SMALL', {
            content,
            contentMiB: mebibytes(artifact.sizeBytes),
            node,
            partitionMiB: mebibytes(sizeBytes),
          }),
        ]
      : [],
  )
}

/** The other slot may go only when what runs is good, and the new UKI must fit beside its UKI. */
function bootEntries({ uki }: ReleaseDescription, host: Host): SlipwayError[] {
  const { directory, entries, freeBytes, clusterBytes } = host.esp
  const clusters = (bytes: number) => Math.ceil(bytes / clusterBytes) * clusterBytes
  const running = runningEntries(entries, host.rootHash)
  const [first] = running
  if (first === undefined)
    return [
      updateSlotErrors.error('SLIPWAY_UPDATE_ESP_RUNNING_MISSING', {
        directory,
        rootHash: host.rootHash,
      }),
    ]
  const found: SlipwayError[] = []
  if (running.every(({ name }) => name?.tries !== undefined))
    found.push(
      updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_UNPROVEN', {
        runningVersion: host.version,
        file: first.file,
      }),
    )
  const stale = staleEntries(entries, host.rootHash, host.layout.free.usr.uuid)
  const availableBytes =
    freeBytes + stale.reduce((sum, { sizeBytes }) => sum + clusters(sizeBytes), 0)
  const neededBytes = clusters(uki.sizeBytes) + DIRECTORY_BYTES
  if (neededBytes > availableBytes)
    found.push(
      updateSlotErrors.error('SLIPWAY_UPDATE_ESP_TOO_SMALL', {
        neededKiB: Math.ceil(neededBytes / 1024),
        directory,
        availableKiB: Math.floor(availableBytes / 1024),
      }),
    )
  return found
}

/** The folder may grow by a cluster, and the boot loader's update takes its place for a while. */
const DIRECTORY_BYTES = 512 << 10

function mebibytes(bytes: number): number {
  return Math.ceil((bytes / (1 << 20)) * 10) / 10
}
