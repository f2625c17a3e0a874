import type { VolumeStore } from '../../volumes/store.ts'
import type { Volume } from '../../volumes/volume.ts'
import {
  type Filters,
  filterFlag,
  matchesAny,
  matchesLabels,
  matchesName,
  parseFilters,
} from '../filters.ts'
import { type ApiRequest, sendJson } from '../request.ts'
import { volumeJson } from './json.ts'

/** `GET /volumes`. */
export function listVolumes({ context, query, response }: ApiRequest): void {
  const { volumes } = context.supervisor
  const filters = parseFilters(query, ['dangling', 'driver', 'label', 'name'])
  const dangling = filterFlag(filters, 'dangling')
  const shown = volumes.all
    .filter((volume) => matches(volumes, volume, filters, dangling))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  sendJson(response, {
    Volumes: shown.map((volume) => volumeJson(volumes, volume)),
    Warnings: null,
  })
}

function matches(
  volumes: VolumeStore,
  { name, labels }: Volume,
  filters: Filters,
  dangling: boolean | undefined,
): boolean {
  return (
    matchesLabels(filters.get('label') ?? [], labels) &&
    matchesAny(filters, 'driver', (wanted) => wanted === 'local') &&
    matchesAny(filters, 'name', (wanted) => matchesName([name], wanted)) &&
    (dangling === undefined || (volumes.usersOf(name).length === 0) === dangling)
  )
}
