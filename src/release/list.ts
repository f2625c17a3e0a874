import { parseTarget } from '../update/metadata/target-paths.ts'
import { readChannel, readRelease } from './descriptions.ts'
import { requireRepository } from './repository.ts'

export type ListedRelease = {
  readonly channel: string
  readonly image: string
  readonly version: string
  readonly floor: boolean
  readonly createdAt: string
  /** What a host downloads without deltas. */
  readonly sizeBytes: number
}

export type Listing = {
  /** When each role's metadata expires. */
  readonly expires: Readonly<Record<'root' | 'targets' | 'snapshot' | 'timestamp', string>>
  readonly releases: readonly ListedRelease[]
}

/**
 * What a repository offers, channel by channel, oldest first.
 *
 * @throws SLIPWAY_RELEASE_REPOSITORY_MISSING, SLIPWAY_RELEASE_REPOSITORY_DAMAGED
 */
export async function listReleases(repository: string): Promise<Listing> {
  const { roots, targets, snapshot, timestamp } = await requireRepository(repository)
  const releases: ListedRelease[] = []
  for (const target of Object.keys(targets.signed.targets).sort()) {
    const parsed = parseTarget(target)
    if (parsed?.kind !== 'channel') continue
    const { channel, image } = parsed
    const description = await readChannel(repository, targets, channel, image)
    for (const { version, floor } of description?.releases ?? []) {
      const release = await readRelease(repository, targets, image, version)
      if (release === undefined) continue
      const { createdAt, usr, verity, uki } = release
      const sizeBytes = usr.sizeBytes + verity.sizeBytes + uki.sizeBytes
      releases.push({ channel, image, version, floor, createdAt, sizeBytes })
    }
  }
  return {
    expires: {
      root: roots.at(-1)?.signed.expires ?? '',
      targets: targets.signed.expires,
      snapshot: snapshot.signed.expires,
      timestamp: timestamp.signed.expires,
    },
    releases,
  }
}
