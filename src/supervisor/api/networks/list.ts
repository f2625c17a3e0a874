import { isPredefined, type Network } from '../../networks/network.ts'
import {
  type Filters,
  filterFlag,
  matchesAny,
  matchesLabels,
  matchesName,
  parseFilters,
} from '../filters.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, sendJson } from '../request.ts'
import { networkJson } from './json.ts'

/** `GET /networks`. */
export function listNetworks({ context, query, response }: ApiRequest): void {
  const { networks, networking } = context.supervisor
  const filters = parseFilters(query, [
    'dangling',
    'driver',
    'id',
    'label',
    'name',
    'scope',
    'type',
  ])
  const dangling = filterFlag(filters, 'dangling')
  for (const type of filters.get('type') ?? [])
    if (type !== 'builtin' && type !== 'custom')
      throw new HttpError(400, `invalid filter: 'type'='${type}'`)
  const shown = networks.all.filter(
    (network) =>
      matches(network, filters) &&
      (dangling === undefined || isDangling(network, networking.usersOf(network)) === dangling),
  )
  sendJson(
    response,
    shown.map((network) => networkJson(network, [])),
  )
}

function matches(network: Network, filters: Filters): boolean {
  const type = isPredefined(network) ? 'builtin' : 'custom'
  return (
    matchesLabels(filters.get('label') ?? [], network.labels) &&
    matchesAny(filters, 'driver', (wanted) => wanted === network.driver) &&
    matchesAny(filters, 'id', (wanted) => matchesName([network.id], wanted)) &&
    matchesAny(filters, 'name', (wanted) => matchesName([network.name], wanted)) &&
    matchesAny(filters, 'scope', (wanted) => wanted === 'local') &&
    matchesAny(filters, 'type', (wanted) => wanted === type)
  )
}

function isDangling(network: Network, users: readonly unknown[]): boolean {
  return !isPredefined(network) && users.length === 0
}
