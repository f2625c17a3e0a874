import type { IncomingMessage } from 'node:http'
import { JsonShapeError, parseJson } from '../../../json/value.ts'
import type { Credentials } from '../../images/types.ts'
import { Fields, invalid } from '../fields.ts'

/**
 * What the header `X-Registry-Auth` says: base64url of JSON. Clients that know nothing send an empty
 * object, and some send what cannot be read: neither is a reason to refuse a public image.
 */
export function credentialsOf({ headers }: IncomingMessage): Credentials | undefined {
  const text = [headers['x-registry-auth']].flat()[0] ?? ''
  if (text === '') return undefined
  try {
    return credentialsIn(new Fields(parseJson(Buffer.from(text, 'base64url')), 'X-Registry-Auth'))
  } catch (error) {
    if (error instanceof JsonShapeError) return undefined
    throw error
  }
}

/** Throws SLIPWAY_ENGINE_INVALID for an identity token, which nothing here can use. */
export function credentialsIn(fields: Fields): Credentials | undefined {
  const [username, password, registryToken] = [
    fields.text('username'),
    fields.text('password'),
    fields.text('registrytoken'),
  ]
  if (registryToken !== undefined) return { registryToken }
  if (fields.text('identitytoken') !== undefined)
    throw invalid('identity tokens are not supported: log in with a password or an access token')
  return username === undefined || password === undefined ? undefined : { username, password }
}
