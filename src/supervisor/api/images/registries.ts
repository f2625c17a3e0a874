import { isSlipwayError } from '../../../errors/error.ts'
import { inspectAtRegistry } from '../../images/manifest-download.ts'
import { parseReference } from '../../images/reference.ts'
import { Fields, invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, hungUp, readJson, sendJson } from '../request.ts'
import { credentialsIn, credentialsOf } from './credentials.ts'
import { pullFailure } from './pull.ts'

/** `POST /auth`: whether a registry takes these credentials. */
export async function checkCredentials({ context, request, response }: ApiRequest): Promise<void> {
  const { registry, credentials } = await readJson(request, (body) => {
    const fields = new Fields(body, '')
    const address = fields.text('serveraddress') ?? ''
    return { registry: registryOf(address), credentials: credentialsIn(fields) }
  })
  if (credentials === undefined) throw invalid('a username and a password are needed')
  const client = context.supervisor.images.registry(registry, credentials)
  try {
    await client.checkAccess(registry, hungUp(response))
  } catch (error) {
    if (!isSlipwayError(error, 'SLIPWAY_IMAGES_UNAUTHORIZED')) throw error
    throw new HttpError(401, `login attempt to ${registry} failed with status: 401 Unauthorized`)
  }
  sendJson(response, { Status: 'Login Succeeded', IdentityToken: '' })
}

/** `GET /distribution/{name}/json`: what a registry has under a name. */
export async function answerDistribution({
  context,
  path,
  request,
  response,
}: ApiRequest): Promise<void> {
  const [name = ''] = path
  const reference = parseReference(name)
  const client = context.supervisor.images.registry(reference.registry, credentialsOf(request))
  try {
    const found = await inspectAtRegistry(client, reference, { signal: hungUp(response) })
    sendJson(response, {
      Descriptor: { mediaType: found.mediaType, digest: found.digest, size: found.sizeBytes },
      Platforms: found.platforms,
    })
  } catch (error) {
    throw pullFailure(error, name)
  }
}

/** Docker Hub has an address of its own, and clients may name a whole URL. */
function registryOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').split('/', 1)[0] ?? ''
  return host === '' || host === 'index.docker.io' ? 'docker.io' : host
}
