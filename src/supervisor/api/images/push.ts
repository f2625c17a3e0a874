import { isSlipwayError } from '../../../errors/error.ts'
import { familiar, parseReference } from '../../images/reference.ts'
import type { PushProgress } from '../../images/types.ts'
import type { LocalImages } from '../../local-images.ts'
import { invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, hungUp } from '../request.ts'
import { credentialsOf } from './credentials.ts'
import { type ProgressLine, ProgressStream } from './progress.ts'
import { nameWith } from './tag.ts'

/** `POST /images/{name}/push`: with a tag that one, without it all that the repository has here. */
export async function pushImages({
  context,
  path,
  query,
  request,
  response,
}: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const [name = ''] = path
  const tag = query.get('tag') ?? ''
  const { registry, repository, digest } = parseReference(nameWith(name, tag))
  if (digest !== undefined) throw invalid('cannot push a digest reference')
  const hasTag = tag !== '' || /:[^/]+$/.test(name)
  const credentials = credentialsOf(request)
  const gone = hungUp(response)
  const stream = new ProgressStream(response)
  const work = async () => {
    const target = `${registry}/${repository}`
    stream.line({ status: `The push refers to repository [${target}]` })
    const tags = hasTag
      ? [`${target}:${parseReference(nameWith(name, tag)).tag}`]
      : await tagsOf(localImages, target)
    if (tags.length === 0)
      throw new HttpError(404, `An image does not exist locally with the tag: ${familiar(target)}`)
    const known = await tagsOf(localImages, target)
    for (const reference of tags) {
      if (known.length > 0 && !known.includes(reference))
        throw new HttpError(404, `tag does not exist: ${familiar(reference)}`)
      const { tag: pushed = '' } = parseReference(reference)
      const { digest: found, sizeBytes } = await localImages.push(reference, {
        signal: gone,
        ...(credentials === undefined ? {} : { credentials }),
        onProgress: (progress) => stream.line(lineOf(progress)),
      })
      stream.line({ status: `${pushed}: digest: ${found} size: ${sizeBytes}` })
      const aux = { Tag: pushed, Digest: found, Size: sizeBytes }
      stream.line({ progressDetail: {}, aux })
    }
  }
  await stream.run(work, (error) => pushFailure(error, name))
}

async function tagsOf(localImages: LocalImages, target: string): Promise<string[]> {
  const tags = (await localImages.list()).flatMap((image) => image.tags)
  return tags.filter((one) => one.slice(0, one.lastIndexOf(':')) === target)
}

function lineOf(progress: PushProgress): ProgressLine {
  switch (progress.phase) {
    case 'preparing':
      return step(progress.diffId, 'Preparing')
    case 'there':
      return step(progress.diffId, 'Layer already exists')
    case 'mounted':
      return step(progress.diffId, `Mounted from ${progress.from}`)
    case 'pushing': {
      const { sentBytes: current, totalBytes: total } = progress
      return { ...step(progress.diffId, 'Pushing'), progressDetail: { current, total } }
    }
    case 'pushed':
      return step(progress.diffId, 'Pushed')
    case 'retrying':
      return { status: `Retrying in ${Math.ceil(progress.delayMs / 1000)} seconds` }
  }
}

function step(diffId: string, status: string): ProgressLine {
  return { status, progressDetail: {}, id: diffId.slice('sha256:'.length).slice(0, 12) }
}

/** Docker's words for what programs look at. */
function pushFailure(error: unknown, name: string): unknown {
  if (isSlipwayError(error, 'SLIPWAY_ENGINE_NO_SUCH_IMAGE'))
    return new HttpError(
      404,
      `An image does not exist locally with the tag: ${familiar(name).replace(/:[^/]*$/, '')}`,
    )
  return error
}
