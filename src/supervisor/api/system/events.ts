import { type EngineEvent, eventJson } from '../../events/event.ts'
import { type Filters, matchesAny, matchesLabels, parseFilters } from '../filters.ts'
import { type ApiRequest, hungUp } from '../request.ts'
import { timeNs } from '../time.ts'

const filterNames = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
] as const

/** `GET /events`: what happened since a time and what happens until another, one object a line. */
export function answerEvents({ context, query, response }: ApiRequest): void {
  const filters = parseFilters(query, filterNames)
  // Unlike other times, 0 is one: whoever says it wants all that is known.
  const since = query.get('since') === '0' ? 0n : timeNs(query, 'since')
  const until = timeNs(query, 'until')
  const { events } = context.supervisor
  const gone = hungUp(response)
  const tell = (event: EngineEvent) => {
    if (matches(event, filters)) response.write(`${eventJson(event)}\n`)
  }
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.flushHeaders()
  if (since !== undefined)
    for (const event of events.past)
      if (event.timeNs >= since && (until === undefined || event.timeNs <= until)) tell(event)
  const leftMs = until === undefined ? undefined : Number(until / 1_000_000n) - Date.now()
  if (leftMs !== undefined && leftMs <= 0) {
    response.end()
    return
  }
  const over = new AbortController()
  events.listen(tell, AbortSignal.any([gone, over.signal]))
  if (leftMs === undefined) return
  const timer = setTimeout(() => {
    over.abort()
    response.end()
  }, leftMs)
  gone.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

function matches({ type, action, id, attributes }: EngineEvent, filters: Filters): boolean {
  const named = (wanted: string) =>
    id === wanted || attributes.name === wanted || (wanted.length >= 4 && id.startsWith(wanted))
  const ofKind = (kind: EngineEvent['type']) => {
    if (type === kind) return matchesAny(filters, kind, named)
    return !filters.has(kind) || hasOther(filters, kind, type)
  }
  return (
    matchesAny(filters, 'type', (wanted) => wanted === type) &&
    matchesAny(
      filters,
      'event',
      (wanted) => action === wanted || action.startsWith(`${wanted}:`),
    ) &&
    matchesAny(filters, 'scope', (wanted) => wanted === 'local') &&
    matchesLabels(filters.get('label') ?? [], attributes) &&
    ofKind('container') &&
    ofKind('network') &&
    ofKind('volume') &&
    (type === 'image' || type === 'container'
      ? matchesAny(filters, 'image', (wanted) => isImage(wanted, type, id, attributes))
      : !filters.has('image'))
  )
}

/** Filters by name of several kinds let through what fits any of them. */
function hasOther(filters: Filters, kind: string, type: string): boolean {
  return kind !== type && filters.has(type)
}

function isImage(
  wanted: string,
  type: string,
  id: string,
  attributes: EngineEvent['attributes'],
): boolean {
  const name = type === 'image' ? (attributes.name ?? id) : (attributes.image ?? '')
  return name === wanted || name.split(':', 1)[0] === wanted || id === wanted
}
