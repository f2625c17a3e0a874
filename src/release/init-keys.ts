import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { releaseErrors } from '../errors/release.ts'
import { syncDirectory } from '../files/atomic.ts'
import { writeDurably } from '../pipeline/durable.ts'
import { explainSystemError } from '../pipeline/system-error.ts'
import { writeKey } from './key-directory.ts'
import { expiryAfter, type Lifetimes } from './lifetimes.ts'
import { metadataText, type RoleName, roleNames } from './roles.ts'
import { makeRoot, rootFile } from './root-chain.ts'
import { generateKey } from './signing-key.ts'

export type InitRequest = {
  /** Does not exist yet, or is empty. */
  readonly directory: string
  readonly rootKeys: number
  /** How many of the root keys must sign a root. */
  readonly threshold: number
  readonly lifetimes: Lifetimes
  readonly passphrase: string | undefined
  readonly now: Date
}

export type MadeKey = { readonly role: RoleName; readonly keyId: string; readonly file: string }

/** The path of the first root, and each key that was made. */
export type InitResult = { readonly root: string; readonly keys: readonly MadeKey[] }

/**
 * Makes the keys of a new repository and its first root. The directory appears with all of them or not
 * at all.
 *
 * @throws SLIPWAY_RELEASE_KEYS_EXIST, SLIPWAY_RELEASE_NUMBER_INVALID
 */
export async function initKeys(request: InitRequest): Promise<InitResult> {
  const { rootKeys, threshold } = request
  checkNumber('the number of root keys', rootKeys, 1, maximumRootKeys)
  checkNumber('the threshold', threshold, 1, rootKeys)
  const directory = resolve(request.directory)
  try {
    return await makeAll(request, directory)
  } catch (error) {
    throw explainSystemError(error, directory, 'Make keys')
  }
}

const maximumRootKeys = 20

async function makeAll(request: InitRequest, directory: string): Promise<InitResult> {
  const parent = dirname(directory)
  const prefix = `.${basename(directory)}.slipway-new-`
  await mkdir(parent, { recursive: true })
  // What a killed run has left are secrets that nobody trusts.
  for (const name of await readdir(parent))
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true })
  const scratch = join(parent, `${prefix}${crypto.randomUUID()}`)
  await mkdir(scratch, { mode: 0o700 })
  try {
    const made = await fill(request, scratch)
    await rename(scratch, directory)
    await syncDirectory(parent)
    const inPlace = (path: string) => join(directory, basename(path))
    return {
      root: inPlace(made.root),
      keys: made.keys.map((key) => ({ ...key, file: inPlace(key.file) })),
    }
  } catch (error) {
    await rm(scratch, { recursive: true, force: true })
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR')
      throw releaseErrors.error('SLIPWAY_RELEASE_KEYS_EXIST', { directory }, error)
    throw error
  }
}

async function fill(
  { rootKeys, threshold, lifetimes, passphrase, now }: InitRequest,
  directory: string,
): Promise<InitResult> {
  const made = roleNames.flatMap((role) =>
    Array.from({ length: role === 'root' ? rootKeys : 1 }, () => ({ role, key: generateKey() })),
  )
  const keys: MadeKey[] = []
  for (const { role, key } of made) {
    const file = await writeKey(directory, role, key, passphrase)
    keys.push({ role, keyId: key.key.keyID, file })
  }
  const signers = (role: RoleName) => made.filter((each) => each.role === role)
  const publicKeys = (role: RoleName) => signers(role).map(({ key }) => key.key)
  const root = makeRoot(
    {
      version: 1,
      expires: expiryAfter(now, lifetimes.rootDays),
      keys: {
        root: publicKeys('root'),
        targets: publicKeys('targets'),
        snapshot: publicKeys('snapshot'),
        timestamp: publicKeys('timestamp'),
      },
      threshold,
    },
    signers('root').map(({ key }) => key),
  )
  const path = join(directory, rootFile(1))
  await writeDurably(path, metadataText(root))
  await syncDirectory(directory)
  return { root: path, keys }
}

function checkNumber(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw releaseErrors.error('SLIPWAY_RELEASE_NUMBER_INVALID', {
    what,
    value: String(value),
    expected: `a whole number from ${least} to ${most}`,
  })
}
