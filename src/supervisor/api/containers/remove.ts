import { labelsOf } from '../../containers/labels.ts'
import { matchesLabels, parseFilters } from '../filters.ts'
import { type ApiRequest, flag, sendJson, sendNothing } from '../request.ts'
import { timeNs } from '../time.ts'
import { type ContainerRequest, requireCreated } from './find.ts'

/** `DELETE /containers/{id}`. */
export async function removeContainer({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  requireCreated(container)
  await context.supervisor.lifecycle.remove(container.id, {
    force: flag(query, 'force'),
    volumes: flag(query, 'v'),
  })
  sendNothing(response)
}

/** `POST /containers/prune`: removes those that clients made and that do not run. */
export async function pruneContainers({ context, query, response }: ApiRequest): Promise<void> {
  const filters = parseFilters(query, ['label', 'label!', 'until'])
  const until = timeNs(new URLSearchParams({ until: filters.get('until')?.[0] ?? '' }), 'until')
  const unwanted = context.supervisor.containers.filter((container) => {
    const { origin, state, createdAt } = container
    const labels = labelsOf(container)
    return (
      origin.kind === 'api' &&
      state.status !== 'running' &&
      (until === undefined || BigInt(Date.parse(createdAt)) * 1_000_000n < until) &&
      matchesLabels(filters.get('label') ?? [], labels) &&
      !(filters.get('label!') ?? []).some((wanted) => matchesLabels([wanted], labels))
    )
  })
  for (const { id } of unwanted) await context.supervisor.lifecycle.remove(id)
  sendJson(response, {
    ContainersDeleted: unwanted.length === 0 ? null : unwanted.map(({ id }) => id),
    SpaceReclaimed: 0,
  })
}
