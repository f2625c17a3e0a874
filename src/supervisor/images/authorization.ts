import { imagesErrors } from '../../errors/images.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import type { RegistryAccess } from './types.ts'

/** A repository at a registry, by the names of references. */
export type RepositoryName = { readonly registry: string; readonly repository: string }

/** Where a bearer token is asked for, as the registry's challenge says. */
export type TokenRequest = { readonly url: URL; readonly headers: Readonly<Record<string, string>> }

/** How a challenge is met: at once, by a token to fetch first, or not at all. */
export type Reply =
  | { readonly kind: 'basic'; readonly authorization: string }
  | { readonly kind: 'token'; readonly request: TokenRequest }
  | { readonly kind: 'none' }

export type Token = { readonly value: string; readonly expiresAtMs: number }

/** The distribution project's default when a token does not tell its life. */
const defaultTokenLifeSeconds = 60

/**
 * Chooses the reply to a 401 answer (distribution spec, token authentication): a bearer token if
 * offered, with our credentials if there are any; else basic authentication if there are.
 *
 * @throws SLIPWAY_IMAGES_REGISTRY_PROTOCOL when the token's realm is no URL or would lower the
 * protection of the connection
 */
export function replyTo(header: string, name: RepositoryName, access: RegistryAccess): Reply {
  const challenges = parseChallenges(header)
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (bearer !== undefined) {
    return { kind: 'token', request: tokenRequest(bearer, name, access) }
  }
  const credentials = basicCredentials(access)
  const basic = challenges.some(({ scheme }) => scheme === 'basic')
  if (!basic || credentials === undefined) return { kind: 'none' }
  return { kind: 'basic', authorization: credentials }
}

/**
 * Reads the answer of a token server.
 *
 * @throws SLIPWAY_IMAGES_REGISTRY_PROTOCOL
 */
export function parseToken(body: string, registry: string, nowMs: number): Token {
  const answer = parseObject(body)
  const value = answer?.token ?? answer?.access_token
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw protocol(registry, 'its token server gave no token')
  }
  const life = answer?.expires_in
  const lifeSeconds = typeof life === 'number' && life > 0 ? life : defaultTokenLifeSeconds
  return { value, expiresAtMs: nowMs + lifeSeconds * 1000 }
}

function tokenRequest(
  bearer: Challenge,
  name: RepositoryName,
  access: RegistryAccess,
): TokenRequest {
  const { repository } = name
  const usual = repository === '' ? '' : `repository:${repository}:pull`
  const { realm = '', service, scope = usual } = bearer.parameters
  if (!URL.canParse(realm)) throw protocol(name.registry, `its token realm "${realm}" is no URL`)
  const url = new URL(realm)
  const allowed = access.insecure === true ? ['https:', 'http:'] : ['https:']
  if (!allowed.includes(url.protocol)) {
    throw protocol(name.registry, `its token realm ${url.origin} is not reached by HTTPS`)
  }
  if (service !== undefined) url.searchParams.set('service', service)
  for (const one of scope.split(' ').filter((text) => text !== '')) {
    url.searchParams.append('scope', one)
  }
  const credentials = basicCredentials(access)
  return { url, headers: credentials === undefined ? {} : { authorization: credentials } }
}

function basicCredentials({ username, password }: RegistryAccess): string | undefined {
  if (username === undefined || password === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function protocol(registry: string, reason: string) {
  return imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_PROTOCOL', { registry, reason })
}
