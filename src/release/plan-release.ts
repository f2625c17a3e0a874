import { releaseErrors } from '../errors/release.ts'
import { releaseTarget } from '../update/metadata/target-paths.ts'
import type { ChannelDescription, ChannelEntry, ReleaseDescription } from '../update/release.ts'
import { compareVersions } from '../update/version.ts'
import type { BuildOutput, Part } from './build-output.ts'

/** What making a release did: nothing if the repository had it all. */
export type Outcome = 'created' | 'added to the channel' | 'made a floor' | 'unchanged'

export type ReleasePlan = {
  readonly outcome: Outcome
  /** Descriptions that are to be written; absent if they stay. */
  readonly release?: ReleaseDescription
  readonly channel?: ChannelDescription
  /** Versions that the channel lists no longer. */
  readonly dropped: readonly string[]
}

export type Wish = {
  readonly channel: string
  /** Hosts may not skip this release. */
  readonly floor: boolean
  /** How many releases the channel keeps, besides its floors; all if undefined. */
  readonly keep: number | undefined
}

/** What the repository has: this version's description and the channel's, if there are any. */
export type Present = {
  readonly release: ReleaseDescription | undefined
  readonly channel: ChannelDescription | undefined
}

/** A release of a build, as its description says it. */
export function describeRelease(build: BuildOutput, now: Date): ReleaseDescription {
  const artifact = (part: Part) => {
    const { name, sizeBytes, sha256 } = build.files[part]
    return { target: releaseTarget(build.image, build.version, name), sizeBytes, sha256 }
  }
  return {
    formatVersion: 1,
    image: build.image,
    version: build.version,
    architecture: build.architecture,
    createdAt: now.toISOString(),
    rootHash: build.rootHash,
    usr: artifact('usr'),
    verity: artifact('verity'),
    uki: artifact('uki'),
    bootLoader: artifact('bootLoader'),
    ...(Object.keys(build.containerImages).length > 0 && {
      containerImages: build.containerImages,
    }),
  }
}

/**
 * Decides what a release changes. A version that is there is taken as it is, if its content is the same:
 * so a call can be made again, and a release can go from one channel to the next.
 *
 * @throws SLIPWAY_RELEASE_VERSION_TAKEN, SLIPWAY_RELEASE_VERSION_OLDER
 */
export function planRelease(
  description: ReleaseDescription,
  { channel: channelName, floor, keep }: Wish,
  present: Present,
): ReleasePlan {
  const { image, version } = description
  if (present.release !== undefined) refuseDifference(present.release, description)
  const releases = present.channel?.releases ?? []
  const channel = (entries: ChannelDescription['releases']): ChannelDescription => ({
    formatVersion: 1,
    channel: channelName,
    image,
    releases: entries,
  })
  const own = releases.find((entry) => entry.version === version)
  if (own !== undefined) {
    // A floor stays one: hosts between two others rely on it.
    if (own.floor || !floor) return { outcome: 'unchanged', dropped: [] }
    const entries = releases.map((entry) => (entry === own ? { ...entry, floor } : entry))
    return { outcome: 'made a floor', channel: channel(entries), dropped: [] }
  }
  const newest = releases.at(-1)?.version
  if (newest !== undefined && compareVersions(version, newest) <= 0)
    throw releaseErrors.error('SLIPWAY_RELEASE_VERSION_OLDER', {
      image,
      version,
      newest,
      channel: channelName,
    })
  const entry = { version, floor, release: releaseTarget(image, version, 'release.json') }
  const entries = [...releases, entry]
  const isKept = (each: ChannelEntry, index: number) =>
    each.floor || keep === undefined || index >= entries.length - keep
  const dropped = entries.filter((each, index) => !isKept(each, index)).map((each) => each.version)
  const added = channel(entries.filter(isKept))
  return present.release === undefined
    ? { outcome: 'created', release: description, channel: added, dropped }
    : { outcome: 'added to the channel', channel: added, dropped }
}

function refuseDifference(there: ReleaseDescription, now: ReleaseDescription): void {
  const differing = (['usr', 'verity', 'uki', 'bootLoader'] as const).filter(
    (part) => there[part]?.sha256 !== now[part]?.sha256,
  )
  const difference = [
    ...differing,
    ...(there.rootHash === now.rootHash ? [] : ['root hash']),
    ...(there.architecture === now.architecture ? [] : ['architecture']),
  ]
  if (difference.length === 0) return
  const { image, version } = now
  throw releaseErrors.error('SLIPWAY_RELEASE_VERSION_TAKEN', {
    image,
    version,
    difference: difference.join(', '),
  })
}
