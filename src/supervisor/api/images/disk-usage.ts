import { containerPaths } from '../../directories.ts'
import { treeSize } from '../../volumes/tree-size.ts'
import { containerSummary } from '../containers/json.ts'
import type { ApiContext } from '../context.ts'
import { type ApiRequest, sendJson } from '../request.ts'
import { volumeJson } from '../volumes/json.ts'
import { imageSummary } from './list.ts'
import { sizesOf } from './sizes.ts'

/** `GET /system/df`: what images, containers and volumes take of the disk; `type` picks some of them. */
export async function answerDiskUsage({ context, query, response }: ApiRequest): Promise<void> {
  const types = query.getAll('type')
  const wants = (type: string) => types.length === 0 || types.includes(type)
  const { localImages, containers } = context.supervisor
  const images = await localImages.list()
  const sizes = await sizesOf(localImages.store, images)
  const users = (id: string) => containers.filter(({ image }) => image.configDigest === id).length
  sendJson(response, {
    LayersSize: wants('image') ? sizes.totalBytes : 0,
    Images: wants('image')
      ? images.map((image) =>
          imageSummary(localImages.store, image, sizes, {
            shared: true,
            containers: users(image.id),
          }),
        )
      : null,
    Containers: wants('container') ? await containersUsage(context, sizes.ofImages) : null,
    Volumes: wants('volume') ? await volumesUsage(context) : null,
    BuildCache: wants('build-cache') ? [] : null,
  })
}

async function containersUsage(
  { supervisor, directories }: ApiContext,
  imageBytes: ReadonlyMap<string, number>,
): Promise<object[]> {
  const now = new Date()
  return await Promise.all(
    supervisor.containers.map(async (container) => {
      const { id, image } = container
      const SizeRw = await sizeOf(containerPaths(directories, id).upper)
      const health = supervisor.health.of(id)
      return {
        ...containerSummary(container, { directories, networks: supervisor.networks }, now, health),
        ...(SizeRw === 0 ? {} : { SizeRw }),
        SizeRootFs: SizeRw + (imageBytes.get(image.configDigest) ?? 0),
      }
    }),
  )
}

async function volumesUsage({ supervisor }: ApiContext): Promise<object[]> {
  const { volumes, containers } = supervisor
  return await Promise.all(
    volumes.all.map(async (volume) => {
      const RefCount = containers.filter(({ spec }) =>
        spec.mounts.some(({ type, source }) => type === 'volume' && source === volume.name),
      ).length
      const Size = await sizeOf(volumes.paths(volume.name).data)
      return { ...volumeJson(volumes, volume), UsageData: { RefCount, Size } }
    }),
  )
}

/** 0 for what was never filled, or goes while it is looked at. */
async function sizeOf(directory: string): Promise<number> {
  return await treeSize(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return 0
    throw error
  })
}
