import { pipeline } from 'node:stream'
import { changedConfig } from '../../images/config-changes.ts'
import { decompressor, detectCompression, isDecompressionError } from '../../images/decompress.ts'
import { newImageConfig } from '../../images/new-config.ts'
import { newLayer } from '../../images/new-layer.ts'
import { hostPlatform, parsePlatformText } from '../../images/platform.ts'
import { familiar } from '../../images/reference.ts'
import { canonicalName } from '../../images/stored-image.ts'
import { peek } from '../../images/unpack.ts'
import { invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import { giveUpWhenIdle } from '../idle.ts'
import { type ApiRequest, bodyOf, hungUp } from '../request.ts'
import { archiveAt, sourceAddress } from './import-source.ts'
import { ProgressStream } from './progress.ts'
import { nameWith } from './tag.ts'

/** `POST /images/create?fromSrc=SOURCE`: makes an image of one layer of an archive of files, sent or to be fetched. */
export async function importImage({
  context,
  query,
  request,
  response,
}: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const source = query.get('fromSrc') ?? ''
  const address = source === '-' ? undefined : sourceAddress(source)
  const names = wantedNames(query)
  const config = changedConfig({}, query.getAll('changes'))
  const platform = wantedPlatform(query.get('platform') ?? '')
  const comment = query.get('message') || `Imported from ${source}`
  giveUpWhenIdle(request)
  const stream = new ProgressStream(response)
  const archive =
    address === undefined ? bodyOf(request) : archiveAt(address, stream, hungUp(response))
  const work = async () => {
    const image = await localImages.make(async (staging) => {
      const layer = await newLayer(plain(archive), staging)
      if (layer === undefined) throw invalid('there is nothing to import')
      const configText = newImageConfig({
        diffId: layer.diffId,
        config,
        author: '',
        comment,
        createdAt: new Date().toISOString(),
        version: context.version,
        platform,
      })
      return { configText, names, layers: [layer] }
    })
    for (const name of names) localImages.publish(image, 'tag', familiar(name))
    localImages.publish(image, 'import')
    stream.line({ status: image.id })
  }
  await stream.run(work, (error) =>
    isDecompressionError(error)
      ? new HttpError(400, `the archive cannot be read: ${error.message}`)
      : error,
  )
}

/** What a new image is to be called; no name at all without a repository. */
export function wantedNames(query: URLSearchParams): string[] {
  const repository = query.get('repo') ?? ''
  if (repository === '') return []
  return [canonicalName(nameWith(repository, query.get('tag') ?? ''))]
}

function wantedPlatform(text: string) {
  if (text === '') return hostPlatform()
  const platform = parsePlatformText(text)
  if (platform?.os !== 'linux') throw invalid(`"${text}" is an invalid platform`)
  return platform
}

/** The archive without compression. */
async function* plain(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const { start, all } = await peek(source)
  if (start.length === 0) return
  const unpacked = decompressor(detectCompression(start))
  // Its errors come out of the loop.
  pipeline(all, unpacked, () => {})
  for await (const piece of unpacked) yield Buffer.from(piece)
}
