import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Metadata, Root } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { readIfThere } from '../files/absence.ts'
import { syncDirectory } from '../files/atomic.ts'
import { type RoleName, roleOf } from './roles.ts'
import { type RootChain, readRootChain } from './root-chain.ts'
import { decodeKey, encodeKey, type SigningKey } from './signing-key.ts'

/** Where keys are: the directory of the roots and the online keys, and others that hold root keys. */
export type KeyPlaces = {
  readonly directory: string
  /** Directories with root keys that are kept elsewhere, such as a mounted stick. */
  readonly offline?: readonly string[]
  readonly passphrase?: string | undefined
}

/** `timestamp-0123456789abcdef.pem`: the role and the beginning of the key's identifier. */
export function keyFile(role: RoleName, keyId: string): string {
  return `${role}-${keyId.slice(0, 16)}.pem`
}

/** The roots of a key directory, at least one. Throws SLIPWAY_RELEASE_KEYS_MISSING. */
export async function readOwnRoots(
  directory: string,
  option: string,
): Promise<{ chain: RootChain; newest: Metadata<Root> }> {
  const chain = await readRootChain(directory)
  const newest = chain.at(-1)
  if (newest === undefined)
    throw releaseErrors.error('SLIPWAY_RELEASE_KEYS_MISSING', { directory, option })
  return { chain, newest }
}

/** Those of the keys with these identifiers that are here. */
export async function findKeys(
  role: RoleName,
  keyIds: readonly string[],
  { directory, offline = [], passphrase }: KeyPlaces,
): Promise<SigningKey[]> {
  const found: SigningKey[] = []
  for (const keyId of keyIds)
    for (const place of [directory, ...offline]) {
      const file = join(place, keyFile(role, keyId))
      const pem = await readIfThere(file)
      if (pem === undefined) continue
      const key = decodeKey(pem, file, passphrase)
      if (key.key.keyID !== keyId) {
        const reason = `its identifier is ${key.key.keyID}, not ${keyId}`
        throw releaseErrors.error('SLIPWAY_RELEASE_KEY_INVALID', { file, reason })
      }
      found.push(key)
      break
    }
  return found
}

/** At least the threshold of a role's keys. Throws SLIPWAY_RELEASE_KEY_NOT_HERE. */
export async function neededKeys(
  root: Metadata<Root>,
  role: RoleName,
  places: KeyPlaces,
): Promise<SigningKey[]> {
  const { keyIds, threshold } = roleOf(root, role)
  const found = await findKeys(role, keyIds, places)
  if (found.length >= threshold) return found
  const here = new Set(found.map(({ key }) => key.keyID))
  throw releaseErrors.error('SLIPWAY_RELEASE_KEY_NOT_HERE', {
    role,
    needed: threshold,
    found: found.length,
    directories: [places.directory, ...(places.offline ?? [])].join(', '),
    missing: keyIds
      .filter((keyId) => !here.has(keyId))
      .map((keyId) => keyFile(role, keyId))
      .join(', '),
  })
}

/** Writes a new key's file, readable by its owner alone; it is there complete or not at all. */
export async function writeKey(
  directory: string,
  role: RoleName,
  key: SigningKey,
  passphrase: string | undefined,
): Promise<string> {
  const path = join(directory, keyFile(role, key.key.keyID))
  const temporary = join(dirname(path), `.new-${basename(path)}`)
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(encodeKey(key, passphrase))
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(directory)
  return path
}
