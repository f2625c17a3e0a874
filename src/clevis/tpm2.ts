import { randomBytes } from 'node:crypto'
import { clevisErrors } from '../errors/clevis.ts'
import { jsonIfAny, valueAt } from '../json/value.ts'
import { decrypt, type Encrypted, encrypt, keyBytes } from './encryption.ts'
import { fromBase64url } from './jwk.ts'
import {
  createPrimary,
  type Handle,
  load,
  policyRegisters,
  type Sealed,
  seal,
  startPolicySession,
  unseal,
} from './tpm/commands.ts'
import { type OpenTpm, run, type TpmConnection, using } from './tpm/connection.ts'
import { hashNumber, parentTemplate, registerSelection, sealedTemplate } from './tpm/templates.ts'
import { isSized } from './tpm/wire.ts'

/**
 * Encrypts a secret so that only this TPM gives it back, whatever its registers hold, as clevis' pin "tpm2" does. The
 * TPM is asked for it once.
 * @throws SLIPWAY_TPM_SILENT, SLIPWAY_TPM_REFUSED, what `openTpm` throws
 */
export async function encryptToTpm(secret: Uint8Array, openTpm: OpenTpm): Promise<Encrypted> {
  const key = randomBytes(keyBytes)
  const [hash, kind] = ['sha256', 'ecc']
  const [hashId, template] = keyTemplate(hash, kind)
  const data = Buffer.from(
    JSON.stringify({
      ...{ alg: 'A256GCM', k: key.toString('base64url') },
      ...{ key_ops: ['encrypt', 'decrypt'], kty: 'oct' },
    }),
  )
  await using connection = await openTpm()
  const sealed = await using(connection, createPrimary(template), async (parent) => {
    const made = await run(connection, seal(parent, data, sealedTemplate(hashId)))
    await unsealBelow(connection, parent, made)
    return made
  })
  const [jwk_pub, jwk_priv] = [sealed.publicPart, sealed.privatePart].map((part) =>
    part.toString('base64url'),
  )
  const tpm2 = { hash, jwk_priv, jwk_pub, key: kind }
  return encrypt(secret, key, { alg: 'dir', clevis: { pin: 'tpm2', tpm2 }, enc: 'A256GCM' })
}

/** What is known of how a secret was sealed. */
export type TpmSecret = {
  readonly template: Buffer
  readonly hashId: number
  readonly sealed: Sealed
  /** The registers that it takes; undefined where it takes none. */
  readonly registers: Buffer | undefined
  readonly encrypted: Encrypted
}

/** Reads what clevis or `encryptToTpm` wrote. Throws SLIPWAY_CLEVIS_SECRET for what has not all of it. */
export function readTpmSecret(encrypted: Encrypted): TpmSecret {
  const field = (name: string) => valueAt(encrypted.header, 'clevis', 'tpm2', name)
  const [hashId, template] = keyTemplate(field('hash'), field('key'))
  const [publicPart, privatePart] = ['jwk_pub', 'jwk_priv'].map((name) => {
    const text = field(name)
    return typeof text === 'string' ? fromBase64url(text) : undefined
  })
  if (!publicPart || !privatePart || !isSized(publicPart) || !isSized(privatePart))
    throw unreadable('what the TPM sealed is not whole')
  const registers = readRegisters(field('pcr_bank'), field('pcr_ids'))
  return { template, hashId, sealed: { publicPart, privatePart }, registers, encrypted }
}

/**
 * Has the TPM give a secret back.
 * @throws SLIPWAY_TPM_FOREIGN where it did not seal it, SLIPWAY_TPM_REGISTERS where it was sealed under another state,
 * SLIPWAY_TPM_REFUSED, SLIPWAY_TPM_SILENT, what `openTpm` throws
 */
export async function decryptByTpm(
  { template, hashId, sealed, registers, encrypted }: TpmSecret,
  openTpm: OpenTpm,
  signal?: AbortSignal,
): Promise<Buffer> {
  await using connection = await openTpm(signal)
  const data = await using(connection, createPrimary(template), (parent) =>
    unsealBelow(connection, parent, sealed, registers && { hashId, registers }),
  )
  const key = valueAt(jsonIfAny(data.toString()), 'k')
  const bytes = typeof key === 'string' ? fromBase64url(key) : undefined
  if (bytes?.length !== keyBytes) throw unreadable('the TPM sealed something else than a key')
  const secret = decrypt(encrypted, bytes)
  if (secret === undefined) throw unreadable('the key that the TPM sealed is not that of it')
  return secret
}

type Policy = { readonly hashId: number; readonly registers: Buffer }

function unsealBelow(
  connection: TpmConnection,
  parent: Handle,
  sealed: Sealed,
  policy?: Policy,
): Promise<Buffer> {
  return using(connection, load(parent, sealed), (loaded) => {
    if (policy === undefined) return run(connection, unseal(loaded))
    const session = startPolicySession(randomBytes(16), policy.hashId)
    return using(connection, session, async (handle) => {
      await run(connection, policyRegisters(handle, policy.registers))
      return await run(connection, unseal(loaded, handle))
    })
  })
}

function keyTemplate(hash: unknown, kind: unknown): [hashId: number, template: Buffer] {
  const hashId = typeof hash === 'string' ? hashNumber(hash) : undefined
  if (hashId === undefined) throw unreadable(`nothing here knows the hash ${hash}`)
  const template = typeof kind === 'string' ? parentTemplate(kind, hashId) : undefined
  if (template === undefined) throw unreadable(`nothing here knows the kind of key ${kind}`)
  return [hashId, template]
}

/** Registers are written as `0,7`. */
function readRegisters(bank: unknown, ids: unknown): Buffer | undefined {
  if (ids === undefined || ids === '') return undefined
  const hash = typeof bank === 'string' ? hashNumber(bank) : undefined
  if (hash === undefined) throw unreadable(`nothing here knows the bank of registers ${bank}`)
  const numbers = typeof ids === 'string' ? ids.split(',') : []
  const areAll = numbers.every((each) => /^\d{1,2}$/.test(each) && Number(each) < 24)
  if (numbers.length === 0 || !areAll) throw unreadable(`${ids} are no registers`)
  return registerSelection(hash, numbers.map(Number))
}

function unreadable(reason: string) {
  return clevisErrors.error('SLIPWAY_CLEVIS_SECRET', { reason })
}
