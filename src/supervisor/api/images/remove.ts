import { isSlipwayError } from '../../../errors/error.ts'
import type { RemovalReport } from '../../local-images.ts'
import { filterFlag, matchesLabels, parseFilters } from '../filters.ts'
import { type ApiRequest, flag, sendJson } from '../request.ts'
import { createdSeconds } from './config-fields.ts'
import { untilSeconds } from './until.ts'

/** `DELETE /images/{name}`. Nothing is built here, so no image has parents that `noprune` could spare. */
export async function removeImage({ context, path, query, response }: ApiRequest): Promise<void> {
  const force = flag(query, 'force')
  const { removed } = await context.supervisor.localImages.remove(path[0] ?? '', { force })
  sendJson(response, removed)
}

/** `POST /images/prune`: images that no container is made of, those without a tag unless told otherwise. */
export async function pruneImages({ context, query, response }: ApiRequest): Promise<void> {
  const filters = parseFilters(query, ['dangling', 'label', 'label!', 'until'])
  const { localImages, events } = context.supervisor
  const danglingOnly = filterFlag(filters, 'dangling') ?? true
  const until = untilSeconds(filters)
  const unwanted = (await localImages.list()).filter((image) => {
    const labels = localImages.store.imageOf(image).config.config.Labels ?? {}
    return (
      (!danglingOnly || image.tags.length === 0) &&
      (until === undefined || isBefore(createdSeconds(localImages.store, image), until)) &&
      matchesLabels(filters.get('label') ?? [], labels) &&
      !(filters.get('label!') ?? []).some((wanted) => matchesLabels([wanted], labels))
    )
  })
  const reports: RemovalReport[] = []
  for (const { id, tags, digests } of unwanted) {
    const names = [...tags, ...digests]
    for (const name of names.length === 0 ? [id] : names) {
      const report = await removedUnlessNeeded(localImages.remove(name, { force: false }))
      if (report !== undefined) reports.push(report)
    }
  }
  const removed = reports.flatMap((report) => report.removed)
  const freedBytes = reports.reduce((sum, report) => sum + report.freedBytes, 0)
  events.publish({
    type: 'image',
    action: 'prune',
    id: '',
    attributes: { reclaimed: String(freedBytes) },
  })
  sendJson(response, {
    ImagesDeleted: removed.length === 0 ? null : removed,
    SpaceReclaimed: freedBytes,
  })
}

/** One that does not say when it was made is not known to be older than anything. */
function isBefore(created: number, until: number): boolean {
  return created > 0 && created <= until
}

/** An image that is in use, or that went with another of its names, is passed over. */
async function removedUnlessNeeded(
  removal: Promise<RemovalReport>,
): Promise<RemovalReport | undefined> {
  const passed = [
    'SLIPWAY_ENGINE_IMAGE_CONFLICT',
    'SLIPWAY_ENGINE_IMAGE_HELD',
    'SLIPWAY_ENGINE_NO_SUCH_IMAGE',
  ]
  try {
    return await removal
  } catch (error) {
    if (isSlipwayError(error) && passed.includes(error.code)) return undefined
    throw error
  }
}
