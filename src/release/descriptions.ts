import type { Metadata, Targets } from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'
import { parseChannel, parseRelease } from '../update/metadata/parse-description.ts'
import { channelTarget, releaseTarget } from '../update/metadata/target-paths.ts'
import type { ChannelDescription, ReleaseDescription } from '../update/release.ts'
import { readTarget } from './repository.ts'

/** A channel of the own repository. Throws SLIPWAY_RELEASE_REPOSITORY_DAMAGED. */
export async function readChannel(
  repository: string,
  targets: Metadata<Targets>,
  channel: string,
  image: string,
): Promise<ChannelDescription | undefined> {
  return await read(repository, targets, channelTarget(channel, image), parseChannel)
}

/** A release of the own repository. Throws SLIPWAY_RELEASE_REPOSITORY_DAMAGED. */
export async function readRelease(
  repository: string,
  targets: Metadata<Targets>,
  image: string,
  version: string,
): Promise<ReleaseDescription | undefined> {
  return await read(
    repository,
    targets,
    releaseTarget(image, version, 'release.json'),
    parseRelease,
  )
}

/** As it is written. */
export function descriptionText(description: ChannelDescription | ReleaseDescription): string {
  return `${JSON.stringify(description, undefined, 2)}\n`
}

async function read<Description>(
  repository: string,
  targets: Metadata<Targets>,
  target: string,
  parse: (bytes: Uint8Array) => Description,
): Promise<Description | undefined> {
  const text = await readTarget(repository, targets, target)
  if (text === undefined) return undefined
  try {
    return parse(Buffer.from(text))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const details = { file: target, reason }
    throw releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_DAMAGED', details, error)
  }
}
