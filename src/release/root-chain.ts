import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Key, Metadata, Root } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { namesIn } from '../files/absence.ts'
import { isSignedFor, parseMetadata, type RoleName, roleNames, specVersion } from './roles.ts'
import { type SigningKey, signatureBy } from './signing-key.ts'

/** Root metadata, oldest first: each signed by the threshold of the one before it and by its own. */
export type RootChain = readonly Metadata<Root>[]

export type RootContent = {
  readonly version: number
  readonly expires: string
  readonly keys: Readonly<Record<RoleName, readonly Key[]>>
  /** How many root keys must sign a root; one key signs for each other role. */
  readonly threshold: number
}

/** A root signed by all the keys that are given. */
export function makeRoot(content: RootContent, signers: readonly SigningKey[]): Metadata<Root> {
  const keys = roleNames.flatMap((role) => content.keys[role])
  const root = Root.fromJSON({
    _type: 'root',
    spec_version: specVersion,
    version: content.version,
    expires: content.expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(keys.map((key) => [key.keyID, key.toJSON()])),
    roles: Object.fromEntries(
      roleNames.map((role) => [
        role,
        {
          keyids: content.keys[role].map(({ keyID }) => keyID),
          threshold: role === 'root' ? content.threshold : 1,
        },
      ]),
    ),
  })
  const metadata = new Metadata(root)
  for (const signer of signers) metadata.sign(signatureBy(signer))
  return metadata
}

/**
 * The roots in a directory, each checked against the one before it; empty when there is none.
 *
 * @throws SLIPWAY_RELEASE_REPOSITORY_DAMAGED
 */
export async function readRootChain(directory: string): Promise<RootChain> {
  const chain: Metadata<Root>[] = []
  for (const version of await rootVersions(directory)) {
    const file = join(directory, rootFile(version))
    const root = parseMetadata('root', await readFile(file, 'utf8'), file)
    const before = chain.at(-1)
    const damaged = (reason: string) =>
      releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_DAMAGED', { file, reason })
    if (root.signed.version !== version)
      throw damaged(`it says that it is version ${root.signed.version}`)
    if (before !== undefined && version !== before.signed.version + 1)
      throw damaged(`version ${before.signed.version + 1}, which it follows, is missing`)
    if (before !== undefined && !isSignedFor(before, 'root', root))
      throw damaged(`it is not signed by the keys of version ${before.signed.version}`)
    if (!isSignedFor(root, 'root', root)) throw damaged('it is not signed by its own keys')
    chain.push(root)
  }
  return chain
}

export function rootFile(version: number): string {
  return `${version}.root.json`
}

async function rootVersions(directory: string): Promise<number[]> {
  return (await namesIn(directory))
    .flatMap((name) => /^([1-9]\d{0,8})\.root\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}
