import { isSlipwayError } from '../../../errors/error.ts'
import { isAnonymous } from '../../volumes/volume.ts'
import { filterFlag, matchesLabels, parseFilters } from '../filters.ts'
import { type ApiRequest, flag, sendJson, sendNothing } from '../request.ts'
import { speaksBefore } from '../versions.ts'

/** `DELETE /volumes/{name}`; by force, one that is not there is as good. */
export async function removeVolume({ context, path, query, response }: ApiRequest): Promise<void> {
  try {
    await context.supervisor.volumes.remove(path[0] ?? '')
  } catch (error) {
    const missing = isSlipwayError(error, 'SLIPWAY_ENGINE_NO_SUCH_VOLUME')
    if (!missing || !flag(query, 'force')) throw error
  }
  sendNothing(response)
}

/** `POST /volumes/prune`: those that nobody has and nobody named; from before 1.42, named ones too. */
export async function pruneVolumes({
  context,
  query,
  request,
  response,
}: ApiRequest): Promise<void> {
  const { volumes, events } = context.supervisor
  const filters = parseFilters(query, ['all', 'label', 'label!'])
  const all = filterFlag(filters, 'all') ?? speaksBefore(request.url ?? '', '1.42')
  const unwanted = volumes.all.filter(
    (volume) =>
      (all || isAnonymous(volume)) &&
      matchesLabels(filters.get('label') ?? [], volume.labels) &&
      !(filters.get('label!') ?? []).some((label) => matchesLabels([label], volume.labels)),
  )
  const removed: string[] = []
  let reclaimedBytes = 0
  for (const { name } of unwanted) {
    const sizeBytes = await volumes.removeUnused(name)
    if (sizeBytes === undefined) continue
    removed.push(name)
    reclaimedBytes += sizeBytes
  }
  const attributes = { reclaimed: String(reclaimedBytes) }
  events.publish({ type: 'volume', action: 'prune', id: '', attributes })
  sendJson(response, { VolumesDeleted: removed, SpaceReclaimed: reclaimedBytes })
}
