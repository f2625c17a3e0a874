import { isSlipwayError } from '../../../errors/error.ts'
import { type Platform, parsePlatformText } from '../../images/platform.ts'
import { familiar, parseReference } from '../../images/reference.ts'
import { canonicalName } from '../../images/stored-image.ts'
import type { PullProgress, Reference } from '../../images/types.ts'
import { invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, hungUp } from '../request.ts'
import { credentialsOf } from './credentials.ts'
import { type ProgressLine, ProgressStream } from './progress.ts'

/** `POST /images/create?fromImage=…`: pulls an image and tells how far it is, a line for each step. */
export async function pullImage({ context, query, request, response }: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const reference = wantedReference(query.get('fromImage') ?? '', query.get('tag') ?? '')
  const platform = wantedPlatform(query.get('platform') ?? '')
  const credentials = credentialsOf(request)
  const gone = hungUp(response)
  const stream = new ProgressStream(response)
  const known = new Set((await localImages.list()).map(({ id }) => id))
  const lines = new PullLines(reference, known)
  const work = async () => {
    await localImages.pull(lines.name, {
      signal: gone,
      ...(platform === undefined ? {} : { platform }),
      ...(credentials === undefined ? {} : { credentials }),
      onProgress: (progress) => {
        for (const line of lines.of(progress)) stream.line(line)
      },
    })
    for (const line of lines.end()) stream.line(line)
  }
  await stream.run(work, (error) => pullFailure(error, lines.name))
}

/** Translates what a pull tells into Docker's lines. */
export class PullLines {
  readonly name: string
  readonly #reference: Reference
  readonly #known: ReadonlySet<string>
  #began = false
  #changed = false
  #digest: string | undefined

  /** @param known ids of images that are here: of these no layers are told */
  constructor(reference: Reference, known: ReadonlySet<string>) {
    this.#reference = reference
    this.#known = known
    this.#digest = reference.digest
    const { registry, repository, tag, digest } = reference
    this.name = canonicalName(
      `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`,
    )
  }

  of(progress: PullProgress): ProgressLine[] {
    switch (progress.phase) {
      case 'resolved': {
        this.#digest = progress.digest
        const layers = this.#known.has(progress.configDigest) ? [] : progress.layers
        return [
          ...this.#begin(),
          ...layers.map(({ digest, present }) =>
            step(digest, present ? 'Already exists' : 'Pulling fs layer'),
          ),
        ]
      }
      case 'downloading': {
        const { digest, receivedBytes: current, sizeBytes: total } = progress
        return [{ ...step(digest, 'Downloading'), progressDetail: { current, total } }]
      }
      case 'downloaded': {
        const { digest, sizeBytes: total } = progress
        return [
          step(digest, 'Verifying Checksum'),
          step(digest, 'Download complete'),
          { ...step(digest, 'Extracting'), progressDetail: { current: total, total } },
        ]
      }
      case 'layer-stored':
        return [step(progress.digest, 'Pull complete')]
      case 'retrying':
        return [
          {
            status: `Retrying in ${Math.ceil(progress.delayMs / 1000)} seconds: ${progress.reason}`,
          },
        ]
      case 'mirror-failed':
        return [{ status: `Mirror ${progress.mirror} is passed over: ${progress.reason}` }]
      case 'named':
        this.#changed = progress.changed
        return []
    }
  }

  end(): ProgressLine[] {
    const done = this.#changed ? 'Downloaded newer image for' : 'Image is up to date for'
    return [
      ...this.#begin(),
      { status: `Digest: ${this.#digest}` },
      { status: `Status: ${done} ${familiar(this.name)}` },
    ]
  }

  #begin(): ProgressLine[] {
    if (this.#began) return []
    this.#began = true
    const { repository, tag, digest } = this.#reference
    return [
      { status: `Pulling from ${repository}`, id: digest === undefined ? (tag ?? '') : this.name },
    ]
  }
}

function step(digest: string, status: string): ProgressLine {
  return { status, progressDetail: {}, id: digest.slice(digest.indexOf(':') + 1).slice(0, 12) }
}

/** Throws an HttpError for a name without tag and digest, by which Docker pulls all that a repository has. */
function wantedReference(image: string, tag: string): Reference {
  const separator = tag.includes(':') ? '@' : ':'
  const text = tag === '' ? image : `${image}${separator}${tag}`
  if (!/[:@][^/]+$/.test(text))
    throw invalid('all tags of a repository cannot be pulled at once: name a tag or a digest')
  try {
    return parseReference(text)
  } catch {
    throw new HttpError(400, 'invalid reference format')
  }
}

function wantedPlatform(text: string): Platform | undefined {
  if (text === '') return undefined
  const platform = parsePlatformText(text)
  if (platform === undefined) throw invalid(`"${text}" is an invalid platform`)
  return platform
}

/** Docker's words for what programs look at. */
export function pullFailure(error: unknown, name: string): unknown {
  if (isSlipwayError(error, 'SLIPWAY_IMAGES_NOT_FOUND'))
    return new HttpError(
      404,
      `manifest for ${familiar(name)} not found: manifest unknown: manifest unknown`,
    )
  if (isSlipwayError(error, 'SLIPWAY_IMAGES_UNAUTHORIZED'))
    return new HttpError(
      404,
      `pull access denied for ${familiar(name).replace(/[:@][^/]*$/, '')}, repository does not exist or may require 'docker login'`,
    )
  return error
}
