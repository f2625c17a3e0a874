import type { Container } from '../../containers/container.ts'
import { labelsOf } from '../../containers/labels.ts'
import type { Health } from '../../health/health.ts'
import { formatReference, parseReference } from '../../images/reference.ts'
import { publishedPorts } from '../../networks/bridge.ts'
import { endpointsOf } from '../../networks/endpoint.ts'
import { networkModeText } from '../../runtime/namespaces.ts'
import { type Filters, matchesAny, matchesLabels, matchesName, parseFilters } from '../filters.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, flag, sendJson, wholeNumber } from '../request.ts'
import { findContainer } from './find.ts'
import { containerSummary } from './json.ts'
import { statusOf } from './state-json.ts'

const filterNames = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
] as const

const statuses = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead']

/** `GET /containers/json`. */
export function listContainers({ context, query, response }: ApiRequest): void {
  const filters = parseFilters(query, filterNames)
  for (const status of filters.get('status') ?? [])
    if (!statuses.includes(status)) throw new HttpError(400, `invalid filter 'status=${status}'`)
  const { health } = context.supervisor
  const limit = wholeNumber(query, 'limit') ?? 0
  const all = flag(query, 'all') || limit > 0 || filters.has('status') || filters.has('exited')
  const sorted = context.supervisor.containers.toSorted((a, b) =>
    a.createdAt < b.createdAt ? 1 : -1,
  )
  const [before, since] = ['before', 'since'].map((key) =>
    (filters.get(key) ?? []).map((name) => findContainer(context, name).createdAt),
  )
  const shown = sorted
    .filter(({ state }) => all || state.status === 'running')
    .filter((container) => matches(container, filters, health.of(container.id)))
    .filter(({ createdAt }) => before?.every((time) => createdAt < time) ?? true)
    .filter(({ createdAt }) => since?.every((time) => createdAt > time) ?? true)
  const now = new Date()
  sendJson(
    response,
    (limit > 0 ? shown.slice(0, limit) : shown).map((container) =>
      containerSummary(
        container,
        { directories: context.directories, networks: context.supervisor.networks },
        now,
        health.of(container.id),
      ),
    ),
  )
}

/** Whether a container is among those that the filters want. */
export function matches(container: Container, filters: Filters, health?: Health): boolean {
  const { id, name, spec, image, state } = container
  return (
    matchesLabels(filters.get('label') ?? [], labelsOf(container)) &&
    matchesAny(filters, 'id', (wanted) => id.startsWith(wanted)) &&
    matchesAny(filters, 'name', (wanted) => matchesName([name, `/${name}`], wanted)) &&
    matchesAny(filters, 'status', (wanted) => statusOf(container) === wanted) &&
    matchesAny(
      filters,
      'exited',
      (wanted) => state.status === 'exited' && state.exitCode === Number(wanted),
    ) &&
    matchesAny(filters, 'ancestor', (wanted) => isAncestor(wanted, image)) &&
    matchesAny(filters, 'network', (wanted) => isOnNetwork(container, wanted)) &&
    matchesAny(filters, 'volume', (wanted) =>
      spec.mounts.some(({ source, target }) => source === wanted || target === wanted),
    ) &&
    matchesAny(filters, 'publish', (wanted) =>
      publishedPorts(container).some(({ hostPort, protocol }) =>
        isPort(wanted, hostPort, protocol),
      ),
    ) &&
    matchesAny(filters, 'expose', (wanted) =>
      (spec.exposedPorts ?? []).some((port) => port === wanted || port === `${wanted}/tcp`),
    ) &&
    matchesAny(filters, 'health', (wanted) => wanted === (health?.status ?? 'none')) &&
    matchesAny(filters, 'is-task', (wanted) => wanted === 'false')
  )
}

function isOnNetwork(container: Container, wanted: string): boolean {
  return (
    networkModeText(container.spec) === wanted ||
    endpointsOf(container).some(
      ({ networkId, networkName }) => networkName === wanted || networkId === wanted,
    )
  )
}

function isAncestor(wanted: string, { reference, configDigest }: Container['image']): boolean {
  if (configDigest === wanted || configDigest.startsWith(`sha256:${wanted}`)) return true
  try {
    return formatReference(parseReference(wanted)) === formatReference(parseReference(reference))
  } catch {
    return false
  }
}

function isPort(wanted: string, port: number, protocol: string): boolean {
  const [, first = '', last = first, kind = 'tcp'] =
    /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(wanted) ?? []
  return kind === protocol && port >= Number(first) && port <= Number(last)
}
