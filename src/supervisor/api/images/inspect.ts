import { familiar } from '../../images/reference.ts'
import type { StoredImage } from '../../images/stored-image.ts'
import type { Fields } from '../fields.ts'
import { type ApiRequest, sendJson } from '../request.ts'
import { configFields, seconds } from './config-fields.ts'
import { layerBytes } from './sizes.ts'

const zeroTime = '0001-01-01T00:00:00Z'

/** `GET /images/{name}/json`. */
export async function inspectImage({ context, path, response }: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const { store } = localImages
  const image = await localImages.find(path[0] ?? '')
  const fields = configFields(image)
  const { config, layers } = store.imageOf(image)
  const sizes = await layerBytes(store, image)
  const directories = layers.map(({ directory }) => directory).toReversed()
  const [upper = '', ...lower] = directories
  sendJson(response, {
    Id: image.id,
    RepoTags: image.tags.map(familiar),
    RepoDigests: image.digests.map(familiar),
    Parent: '',
    Comment: lastComment(fields),
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: fields.text('docker_version') ?? '',
    Author: fields.text('author') ?? '',
    Config: imageConfigJson(fields.object('config')),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Size: sizes.reduce((sum, bytes) => sum + bytes, 0),
    GraphDriver: {
      Data: {
        ...(lower.length === 0 ? {} : { LowerDir: lower.join(':') }),
        UpperDir: upper,
      },
      Name: 'overlay2',
    },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: lastNamed(image) },
  })
}

/** `GET /images/{name}/history`, top first. */
export async function answerHistory({ context, path, response }: ApiRequest): Promise<void> {
  const { localImages } = context.supervisor
  const image = await localImages.find(path[0] ?? '')
  const sizes = await layerBytes(localImages.store, image)
  let layer = 0
  const entries = configFields(image)
    .objects('history')
    .map((entry) => {
      const empty = entry.flag('empty_layer')
      const size = empty ? 0 : (sizes[layer] ?? 0)
      if (!empty) layer += 1
      return {
        Comment: entry.text('comment') ?? '',
        Created: seconds(entry.text('created')),
        CreatedBy: entry.text('created_by') ?? '',
        Id: '<missing>',
        Size: size,
        Tags: null as readonly string[] | null,
      }
    })
    .toReversed()
  const [top, ...rest] = entries
  if (top === undefined) {
    sendJson(response, [])
    return
  }
  const Tags = image.tags.length === 0 ? null : image.tags.map(familiar)
  sendJson(response, [{ ...top, Id: image.id, Tags }, ...rest])
}

/** `Config` of an image with all the fields that Docker has for it, and what else its maker wrote. */
function imageConfigJson(config: Fields): object {
  const optional = [
    'ExposedPorts',
    'Healthcheck',
    'StopSignal',
    'StopTimeout',
    'Shell',
    'ArgsEscaped',
  ]
  return {
    Hostname: config.text('Hostname') ?? '',
    Domainname: config.text('Domainname') ?? '',
    User: config.text('User') ?? '',
    AttachStdin: config.flag('AttachStdin'),
    AttachStdout: config.flag('AttachStdout'),
    AttachStderr: config.flag('AttachStderr'),
    Tty: config.flag('Tty'),
    OpenStdin: config.flag('OpenStdin'),
    StdinOnce: config.flag('StdinOnce'),
    Env: config.raw('Env') ?? null,
    Cmd: config.raw('Cmd') ?? null,
    Image: config.text('Image') ?? '',
    Volumes: config.raw('Volumes') ?? null,
    WorkingDir: config.text('WorkingDir') ?? '',
    Entrypoint: config.raw('Entrypoint') ?? null,
    OnBuild: config.raw('OnBuild') ?? null,
    Labels: config.raw('Labels') ?? null,
    ...Object.fromEntries(
      optional.flatMap((key) => {
        const value = config.raw(key)
        return value === undefined || value === null ? [] : [[key, value]]
      }),
    ),
  }
}

function lastComment(fields: Fields): string {
  return fields.text('comment') ?? fields.objects('history').at(-1)?.text('comment') ?? ''
}

function lastNamed({ records }: StoredImage): string {
  return (
    records
      .map(({ namedAt }) => namedAt ?? zeroTime)
      .sort()
      .at(-1) ?? zeroTime
  )
}
