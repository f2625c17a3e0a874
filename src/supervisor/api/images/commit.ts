import { Readable } from 'node:stream'
import { isSlipwayError } from '../../../errors/error.ts'
import { ifAbsent } from '../../../files/absence.ts'
import { type JsonObject, object, optional } from '../../../json/value.ts'
import { HeldDirectory } from '../../container-files/held-directory.ts'
import { upperLayer } from '../../container-files/upper-layer.ts'
import type { Container } from '../../containers/container.ts'
import { containerPaths } from '../../directories.ts'
import { changedConfig } from '../../images/config-changes.ts'
import { parseImageConfig } from '../../images/image-config.ts'
import { mergedConfig } from '../../images/merged-config.ts'
import { newImageConfig } from '../../images/new-config.ts'
import { newLayer } from '../../images/new-layer.ts'
import { familiar } from '../../images/reference.ts'
import { configJson } from '../containers/config-json.ts'
import { findContainer } from '../containers/find.ts'
import type { ApiContext } from '../context.ts'
import { type ApiRequest, flag, readJson, sendJson, understood } from '../request.ts'
import { wantedNames } from './import.ts'

/** `POST /commit`: makes an image of a container, whose own layer becomes one of the image. */
export async function commitContainer({
  context,
  query,
  request,
  response,
}: ApiRequest): Promise<void> {
  const { localImages, lifecycle } = context.supervisor
  const container = findContainer(context, query.get('container') ?? '')
  const names = wantedNames(query)
  const body = await readJson(request, (value) => optional(value, 'the body', object) ?? {})
  const containerConfig: JsonObject = { ...configJson(container) }
  const changes = query.getAll('changes')
  const isBare = Object.keys(body).length === 0
  const config = isBare
    ? changedConfig(containerConfig, changes)
    : mergedConfig(changedConfig(body, changes), containerConfig)
  const comment = query.get('comment') ?? ''
  const pause = !query.has('pause') || flag(query, 'pause')
  const { configDigest } = container.image
  const image = await localImages.using(configDigest, async () => {
    const { records } = await localImages.find(configDigest)
    const [parent] = records
    if (parent === undefined) throw new Error(`the image ${configDigest} has no record`)
    const { os, architecture, variant } = parent.config
    return await localImages.make(async (staging) => {
      const layer = await withStillFiles(context, container, pause, (files) =>
        newLayer(files, staging),
      )
      const configText = newImageConfig({
        parentText: parent.configText,
        diffId: layer?.diffId,
        config,
        author: query.get('author') ?? '',
        comment,
        createdAt: new Date().toISOString(),
        version: context.version,
        platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
        container: { id: container.id, config: containerConfig },
      })
      // What a client says of an image has to have an image's shapes.
      understood(() => parseImageConfig(Buffer.from(configText)))
      return { configText, names, layers: layer === undefined ? [] : [layer] }
    })
  })
  localImages.publish(image, 'create')
  for (const name of names) localImages.publish(image, 'tag', familiar(name))
  lifecycle.publish(container, 'commit', {
    comment,
    imageID: image.id,
    imageRef: names.map(familiar).join(''),
  })
  sendJson(response, { Id: image.id }, 201)
}

/** Gives `use` the layer of a container: of a running one paused, unless told; of another before it is started. */
async function withStillFiles<Result>(
  { supervisor: { lifecycle }, directories }: ApiContext,
  { id, name, state }: Container,
  pause: boolean,
  use: (files: AsyncIterable<Buffer>) => Promise<Result>,
): Promise<Result> {
  const { upper } = containerPaths(directories, id)
  const read = async () => {
    // One that was never started may have none yet.
    await using directory = await HeldDirectory.open(upper).catch(ifAbsent)
    return await use(directory === undefined ? Readable.from([]) : upperLayer(directory, name))
  }
  if (state.status !== 'running') return await lifecycle.alone(id, read)
  if (!pause || state.paused === true) return await read()
  await lifecycle.pause(id, { forNow: true })
  try {
    return await read()
  } finally {
    await lifecycle.unpause(id).catch(unlessEnded)
  }
}

/** Somebody may have ended or continued it meanwhile. */
function unlessEnded(error: unknown): void {
  const gone = ['SLIPWAY_ENGINE_NOT_PAUSED', 'SLIPWAY_ENGINE_NO_SUCH_CONTAINER']
  if (!isSlipwayError(error) || !gone.includes(error.code)) throw error
}
