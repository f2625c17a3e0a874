import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { supervisorErrors } from '../errors/supervisor.ts'
import { isAbsence } from '../files/absence.ts'
import { JsonShapeError, object, parseJson, text } from '../json/value.ts'

/**
 * A context, as `docker context create` has made it below `directory`: the address of its engine, and the folder that has
 * the certificates for it. Throws SLIPWAY_HOST_CONTEXT_UNKNOWN.
 */
export async function readContext(
  name: string,
  directory: string,
): Promise<{ address: string; certificates: string }> {
  const id = createHash('sha256').update(name).digest('hex')
  const file = join(directory, 'meta', id, 'meta.json')
  const address = await addressIn(file).catch((error: unknown) => {
    const reason =
      error instanceof JsonShapeError
        ? error.message
        : 'docker context ls tells those that there are'
    if (!isAbsence(error) && !(error instanceof JsonShapeError)) throw error
    throw supervisorErrors.error('SLIPWAY_HOST_CONTEXT_UNKNOWN', { name, file, reason }, error)
  })
  return { address, certificates: join(directory, 'tls', id, 'docker') }
}

async function addressIn(file: string): Promise<string> {
  const { Endpoints } = object(parseJson(await readFile(file)), 'the context')
  const { docker } = object(Endpoints, 'Endpoints')
  return text(object(docker, 'Endpoints.docker').Host, 'Endpoints.docker.Host')
}
