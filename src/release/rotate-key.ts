import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Key, Metadata, Root } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { syncDirectory } from '../files/atomic.ts'
import { writeDurably } from '../pipeline/durable.ts'
import { acquireLock } from '../pipeline/lock.ts'
import { explainSystemError } from '../pipeline/system-error.ts'
import type { MadeKey } from './init-keys.ts'
import { findKeys, type KeyPlaces, neededKeys, readOwnRoots, writeKey } from './key-directory.ts'
import { expiryAfter, type Lifetimes } from './lifetimes.ts'
import { isSignedFor, metadataText, type RoleName, roleOf } from './roles.ts'
import { makeRoot, rootFile } from './root-chain.ts'
import { generateKey, type SigningKey } from './signing-key.ts'

export type RotateRequest = {
  readonly role: RoleName
  /** The beginning of the identifier of the key to be replaced; needed where a role has several. */
  readonly replace: string | undefined
  readonly places: KeyPlaces
  readonly lifetimes: Lifetimes
  readonly now: Date
  readonly signal: AbortSignal
}

export type RotateResult = {
  /** Path of the new root, and its version. */
  readonly root: string
  readonly version: number
  readonly made: MadeKey
  readonly replaced: string
}

/**
 * Replaces one key: makes a new one and a new root, signed by the thresholds of the old root and of
 * the new. The old key's file stays, so that metadata can be signed by both until hosts know the new root.
 *
 * @throws SLIPWAY_RELEASE_KEYS_MISSING, SLIPWAY_RELEASE_KEY_UNKNOWN, SLIPWAY_RELEASE_KEY_NOT_HERE
 */
export async function rotateKey(request: RotateRequest): Promise<RotateResult> {
  const directory = resolve(request.places.directory)
  try {
    await readOwnRoots(directory, '--directory')
    const lock = await acquireLock(join(directory, '.lock'), request.signal)
    try {
      await removeLeftovers(directory)
      return await rotate(request, directory)
    } finally {
      await lock.release()
    }
  } catch (error) {
    throw explainSystemError(error, directory, 'Rotate a key')
  }
}

async function rotate(
  { role, replace, places, lifetimes, now }: RotateRequest,
  directory: string,
): Promise<RotateResult> {
  const { newest } = await readOwnRoots(directory, '--directory')
  const replaced = chooseKey(newest, role, replace)
  const signers = await neededKeys(newest, 'root', places)
  const key = generateKey()
  const version = newest.signed.version + 1
  const keysOf = (each: RoleName) =>
    roleOf(newest, each).keyIds.map((keyId) =>
      each === role && keyId === replaced ? key.key : knownKey(newest, keyId),
    )
  const root = makeRoot(
    {
      version,
      expires: expiryAfter(now, lifetimes.rootDays),
      keys: {
        root: keysOf('root'),
        targets: keysOf('targets'),
        snapshot: keysOf('snapshot'),
        timestamp: keysOf('timestamp'),
      },
      threshold: roleOf(newest, 'root').threshold,
    },
    role === 'root' ? [...signers, key] : signers,
  )
  if (!isSignedFor(root, 'root', root)) throw await tooFew(root, signers, places)
  const file = await writeKey(directory, role, key, places.passphrase)
  const path = join(directory, rootFile(version))
  await writeDurably(path, metadataText(root))
  await syncDirectory(directory)
  return { root: path, version, made: { role, keyId: key.key.keyID, file }, replaced }
}

/** What a killed run has left: keys that no root names. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (/^\.new-.*\.pem$|^\d+\.root\.json\..*\.tmp$/.test(name))
      await rm(join(directory, name), { force: true })
}

function chooseKey(root: Metadata<Root>, role: RoleName, wanted: string | undefined): string {
  const { keyIds } = roleOf(root, role)
  const matching = keyIds.filter((keyId) => keyId.startsWith(wanted ?? ''))
  const [only] = matching
  if (only !== undefined && matching.length === 1 && wanted !== '') return only
  throw releaseErrors.error('SLIPWAY_RELEASE_KEY_UNKNOWN', {
    key: wanted ?? '',
    role,
    keys: keyIds.map((keyId) => keyId.slice(0, 16)).join(', '),
  })
}

function knownKey(root: Metadata<Root>, keyId: string): Key {
  const key = root.signed.keys[keyId]
  if (key === undefined) throw new Error(`the root names a key ${keyId} that it does not have`)
  return key
}

/** The old threshold was met with the help of the key that goes; the new one lacks a signature. */
async function tooFew(root: Metadata<Root>, signers: readonly SigningKey[], places: KeyPlaces) {
  const { keyIds, threshold } = roleOf(root, 'root')
  const found = await findKeys('root', keyIds, places)
  return releaseErrors.error('SLIPWAY_RELEASE_KEY_NOT_HERE', {
    role: 'root',
    needed: threshold,
    found: found.length,
    directories: [places.directory, ...(places.offline ?? [])].join(', '),
    missing: keyIds
      .filter((keyId) => !signers.some(({ key }) => key.keyID === keyId))
      .map((keyId) => keyId.slice(0, 16))
      .join(', '),
  })
}
