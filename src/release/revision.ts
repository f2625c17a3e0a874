import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  Metadata,
  MetaFile,
  type Root,
  Snapshot,
  type TargetFile,
  Targets,
  Timestamp,
} from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { defaultLimits } from '../update/metadata/limits.ts'
import { type KeyPlaces, readOwnRoots } from './key-directory.ts'
import { expiresSoon, expiryAfter, type Lifetimes, tufTime } from './lifetimes.ts'
import type { Placement } from './place.ts'
import { metadataFile, type RepositoryState } from './repository.ts'
import { type AnyMetadata, isSignedFor, metadataText, type RoleName, specVersion } from './roles.ts'
import { type RootChain, rootFile } from './root-chain.ts'
import { Signer } from './signer.ts'

/** Metadata that is to be written; what is absent stays as it is. */
export type Revision = {
  readonly newRoots: RootChain
  readonly targets?: Metadata<Targets>
  readonly snapshot?: Metadata<Snapshot>
  readonly timestamp?: Metadata<Timestamp>
  /** Metadata that expires soon and was not signed anew, because its key is not here. */
  readonly waiting: readonly { readonly role: RoleName; readonly expires: string }[]
}

export type RevisionRequest = {
  readonly state: RepositoryState | undefined
  readonly repository: string
  readonly places: KeyPlaces
  readonly lifetimes: Lifetimes
  readonly now: Date
  /** Targets that are new or have changed. */
  readonly changed: readonly TargetFile[]
  /** Paths of targets that are listed no longer. */
  readonly removed: readonly string[]
  /** Sign the timestamp anew even if nothing else is. */
  readonly freshTimestamp: boolean
}

/**
 * Signs what has to be signed: what changed, what the newest root does not accept any more, what expires
 * soon, and whatever lists one of these.
 *
 * @throws SLIPWAY_RELEASE_KEYS_MISSING, SLIPWAY_RELEASE_KEYS_OTHER, SLIPWAY_RELEASE_KEY_NOT_HERE,
 * SLIPWAY_RELEASE_TOO_MANY
 */
export async function signRevision(request: RevisionRequest): Promise<Revision> {
  const { state, places, lifetimes, now, changed, removed, freshTimestamp } = request
  const { chain, newest } = await readOwnRoots(places.directory, '--keys')
  const newRoots = rootsToAdd(request, chain)
  const waiting: { role: RoleName; expires: string }[] = []
  const signer = new Signer(newest, chain, places)
  const isDue = async (role: RoleName, metadata: AnyMetadata | undefined, days: number) => {
    if (metadata === undefined || !isSignedFor(newest, role, metadata)) return true
    const { expires } = metadata.signed
    if (!expiresSoon(expires, now, days)) return false
    if (Date.parse(expires) <= now.getTime() || (await signer.hasKeys(role))) return true
    waiting.push({ role, expires })
    return false
  }
  const common = (metadata: AnyMetadata | undefined, days: number) => ({
    specVersion,
    version: (metadata?.signed.version ?? 0) + 1,
    expires: expiryAfter(now, days),
    unrecognizedFields: { signed_at: tufTime(now) },
  })

  const { targetsDays, snapshotDays, timestampDays } = lifetimes
  const targets =
    changed.length > 0 || (await isDue('targets', state?.targets, targetsDays))
      ? await signer.sign(
          'targets',
          new Metadata(
            new Targets({
              ...common(state?.targets, targetsDays),
              targets: Object.fromEntries([
                ...Object.entries(state?.targets.signed.targets ?? {}).filter(
                  ([path]) => !removed.includes(path),
                ),
                ...changed.map((each) => [each.path, each] as const),
              ]),
            }),
          ),
        )
      : undefined
  if (targets) refuseTooLarge(targets)
  const snapshot =
    targets !== undefined || (await isDue('snapshot', state?.snapshot, snapshotDays))
      ? await signer.sign(
          'snapshot',
          new Metadata(
            new Snapshot({
              ...common(state?.snapshot, snapshotDays),
              meta: targets
                ? { 'targets.json': metaFile(targets) }
                : { ...state?.snapshot.signed.meta },
            }),
          ),
        )
      : undefined
  const timestamp =
    snapshot !== undefined ||
    freshTimestamp ||
    (await isDue('timestamp', state?.timestamp, timestampDays))
      ? await signer.sign(
          'timestamp',
          new Metadata(
            new Timestamp({
              ...common(state?.timestamp, timestampDays),
              snapshotMeta: snapshot
                ? metaFile(snapshot)
                : (state?.timestamp.signed.snapshotMeta ?? new MetaFile({ version: 1 })),
            }),
          ),
        )
      : undefined
  return {
    newRoots,
    waiting,
    ...(targets && { targets }),
    ...(snapshot && { snapshot }),
    ...(timestamp && { timestamp }),
  }
}

/**
 * Writes a revision so that whoever reads in between finds the old one or the new one: what the timestamp
 * lists comes before it. New roots come last, because the timestamp is signed for the old root too,
 * while the old timestamp is not signed for the new root.
 */
export async function writeRevision(
  placement: Placement,
  directory: string,
  { newRoots, targets, snapshot, timestamp }: Revision,
  isNew: boolean,
): Promise<void> {
  const write = (name: string, metadata: AnyMetadata) =>
    placement.text(metadataText(metadata), metadataFile(directory, name))
  const writeRoots = async () => {
    for (const root of newRoots) await write(rootFile(root.signed.version), root)
  }
  if (isNew) await writeRoots()
  if (targets) await write(`${targets.signed.version}.targets.json`, targets)
  if (snapshot) await write(`${snapshot.signed.version}.snapshot.json`, snapshot)
  if (timestamp) await write('timestamp.json', timestamp)
  if (!isNew) await writeRoots()
}

/** Hosts would refuse it. */
function refuseTooLarge(targets: Metadata<Targets>): void {
  const sizeBytes = Buffer.byteLength(metadataText(targets))
  const { targetsBytes: limitBytes } = defaultLimits
  if (sizeBytes > limitBytes)
    throw releaseErrors.error('SLIPWAY_RELEASE_TOO_MANY', { sizeBytes, limitBytes })
}

function metaFile(metadata: Metadata<Targets> | Metadata<Snapshot>): MetaFile {
  const bytes = Buffer.from(metadataText(metadata))
  return new MetaFile({
    version: metadata.signed.version,
    length: bytes.length,
    hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
  })
}

/** The roots that the repository does not have. Throws SLIPWAY_RELEASE_KEYS_OTHER. */
function rootsToAdd(
  { state, places, repository }: RevisionRequest,
  chain: RootChain,
): Metadata<Root>[] {
  const other = (reason: string) =>
    releaseErrors.error('SLIPWAY_RELEASE_KEYS_OTHER', {
      directory: places.directory,
      repository,
      reason,
    })
  const published = new Map(state?.roots.map((root) => [root.signed.version, root]))
  for (const [version, root] of published) {
    const own = chain.find(({ signed }) => signed.version === version)
    if (own === undefined && version > (chain.at(-1)?.signed.version ?? 0))
      throw other(`the repository has ${rootFile(version)}, the directory does not`)
    if (own !== undefined && !isDeepStrictEqual(own.signed.toJSON(), root.signed.toJSON()))
      throw other(`${rootFile(version)} differs`)
  }
  return chain.filter(({ signed }) => !published.has(signed.version))
}
