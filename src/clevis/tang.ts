import { clevisErrors } from '../errors/clevis.ts'
import { jsonIfAny, valueAt } from '../json/value.ts'
import type { Advertisement } from './advertisement.ts'
import { add, coordinates, generateKey, type Point, pointsAt } from './curve.ts'
import { decrypt, deriveKey, type Encrypted, encrypt } from './encryption.ts'
import { isThumbprintOf, jwkOf, pointOfJwk, thumbprint } from './jwk.ts'

/** Has a tang server answer: the text of `POST url`, where the body is a key as JSON. */
export type AskTang = (url: string, body: string, signal?: AbortSignal) => Promise<string>

/**
 * Encrypts a secret so that only who reaches the server gets it back; the server is not asked. What comes of it is
 * what clevis' pin "tang" makes.
 */
export function encryptToTang(
  secret: Uint8Array,
  url: string,
  { keys, exchangeKey }: Advertisement,
): Encrypted {
  const { point, multiply } = generateKey(exchangeKey.curve)
  return encrypt(secret, deriveKey(multiply(exchangeKey)), {
    alg: 'ECDH-ES',
    clevis: { pin: 'tang', tang: { adv: keys, url } },
    enc: 'A256GCM',
    epk: jwkOf(point),
    kid: thumbprint(exchangeKey),
  })
}

/** What is known of the server of an encrypted secret. */
export type TangSecret = {
  readonly url: string
  readonly kid: string
  readonly serverKey: Point
  readonly clientKey: Point
  readonly encrypted: Encrypted
}

/** Reads what clevis or `encryptToTang` wrote. Throws SLIPWAY_CLEVIS_SECRET for what has not all of it. */
export function readTangSecret(encrypted: Encrypted): TangSecret {
  const { header } = encrypted
  const refuse = (reason: string) => clevisErrors.error('SLIPWAY_CLEVIS_SECRET', { reason })
  const { kid, epk } = header
  const url = valueAt(header, 'clevis', 'tang', 'url')
  const advertised = valueAt(header, 'clevis', 'tang', 'adv')
  if (typeof kid !== 'string' || typeof url !== 'string') throw refuse('no server is named in it')
  const keys: unknown = valueAt(advertised, 'keys') ?? [advertised]
  const serverKey = (Array.isArray(keys) ? keys : [])
    .map(pointOfJwk)
    .find((point) => point !== undefined && isThumbprintOf(kid, point))
  const clientKey = pointOfJwk(epk)
  if (header.alg !== 'ECDH-ES' || !serverKey || serverKey.curve !== clientKey?.curve)
    throw refuse('the keys in it do not belong together')
  return { url, kid, serverKey, clientKey, encrypted }
}

/**
 * Gets a secret back by the exchange of McCallum and Relyea: the server multiplies a sum of points, and learns
 * neither the secret nor which of its clients asks.
 * @throws SLIPWAY_TANG_ANSWER for an answer that is none, or not by the server's key; what `ask` throws
 */
export async function decryptByTang(secret: TangSecret, ask: AskTang): Promise<Buffer> {
  const { url, kid, serverKey, clientKey, encrypted } = secret
  const refuse = (reason: string) => clevisErrors.error('SLIPWAY_TANG_ANSWER', { url, reason })
  const blind = generateKey(serverKey.curve)
  const sum = add(clientKey, blind.point)
  if (sum === undefined) throw new RangeError('two random points have no sum')
  const body = JSON.stringify({ alg: 'ECMR', ...jwkOf(sum) })
  const answer = pointOfJwk(jsonIfAny(await ask(recoveryUrl(url, kid), body)))
  if (answer === undefined) throw refuse('it is no point of a known curve')
  if (answer.curve !== serverKey.curve) throw refuse(`it is on ${answer.curve.name}`)
  // Which of the two was added is not known; the content tells which one to take away again.
  for (const point of pointsAt(serverKey.curve, blind.multiply(serverKey))) {
    const [shared] = coordinatesOf(add(answer, point))
    const plaintext = shared && decrypt(encrypted, deriveKey(shared))
    if (plaintext !== undefined) return plaintext
  }
  throw refuse('it was made by another key')
}

export function advertisementUrl(url: string): string {
  return `${url.replace(/\/+$/, '')}/adv`
}

function recoveryUrl(url: string, kid: string): string {
  return `${url.replace(/\/+$/, '')}/rec/${kid}`
}

function coordinatesOf(point: Point | undefined): readonly Buffer[] {
  return point === undefined ? [] : coordinates(point)
}
