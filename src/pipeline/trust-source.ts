import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buildErrors } from '../errors/build.ts'
import { isSlipwayError } from '../errors/error.ts'
import type { UpdateSource } from '../image/definition.ts'
import { isSignedFor, parseMetadata } from '../release/roles.ts'
import type { UnitSource } from '../tree/unit-sources.ts'

/** Where a host's trust in releases starts: in the verified /usr. */
const destination = '/usr/share/slipway/update/root.json'

/**
 * The root of releases as a file of the image; none when the definition names none.
 *
 * @throws SLIPWAY_BUILD_TRUST_UNUSABLE when it is not there, or no root that its own keys have signed
 */
export async function trustSource(
  { root }: UpdateSource,
  project: string,
): Promise<readonly UnitSource[]> {
  if (root === undefined) return []
  const file = resolve(project, root)
  const unusable = (reason: string, cause?: unknown) =>
    buildErrors.error('SLIPWAY_BUILD_TRUST_UNUSABLE', { file, reason }, cause)
  try {
    const text = await readFile(file, 'utf8')
    const metadata = parseMetadata('root', text, file)
    if (!isSignedFor(metadata, 'root', metadata)) throw unusable('its own keys have not signed it')
    return [{ destination, text }]
  } catch (error) {
    throw isSlipwayError(error, 'SLIPWAY_BUILD_TRUST_UNUSABLE')
      ? error
      : unusable(error instanceof Error ? error.message : String(error), error)
  }
}
