import { isSlipwayError } from '../../../errors/error.ts'
import { isPredefined } from '../../networks/network.ts'
import { matchesLabels, parseFilters } from '../filters.ts'
import { type ApiRequest, sendJson, sendNothing } from '../request.ts'
import { timeNs } from '../time.ts'

/** `DELETE /networks/{id}`. */
export async function removeNetwork({ context, path, response }: ApiRequest): Promise<void> {
  const { networks, networking } = context.supervisor
  await networking.remove(networks.require(path[0] ?? ''))
  sendNothing(response)
}

/** `POST /networks/prune`: those that clients made and no container is on, running or not. */
export async function pruneNetworks({ context, query, response }: ApiRequest): Promise<void> {
  const { networks, networking, events } = context.supervisor
  const filters = parseFilters(query, ['label', 'label!', 'until'])
  const until = timeNs(new URLSearchParams({ until: filters.get('until')?.[0] ?? '' }), 'until')
  const unwanted = networks.all.filter(
    (network) =>
      !isPredefined(network) &&
      network.definition === undefined &&
      networking.membersOf(network).length === 0 &&
      (until === undefined || BigInt(Date.parse(network.createdAt)) * 1_000_000n < until) &&
      matchesLabels(filters.get('label') ?? [], network.labels) &&
      !(filters.get('label!') ?? []).some((label) => matchesLabels([label], network.labels)),
  )
  const removed: string[] = []
  for (const network of unwanted)
    try {
      await networking.remove(network)
      removed.push(network.name)
    } catch (error) {
      // Somebody uses it since a moment, or has removed it.
      if (!isSlipwayError(error)) throw error
    }
  events.publish({ type: 'network', action: 'prune', id: '', attributes: { reclaimed: '0' } })
  sendJson(response, { NetworksDeleted: removed.length === 0 ? null : removed })
}
