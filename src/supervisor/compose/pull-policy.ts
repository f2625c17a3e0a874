/**
 * When a registry is asked for an image that is here: `always` is whenever the service is applied, an
 * interval is that long after its last answer. `never` is not even when the image is not here.
 */
export type PullPolicy = 'always' | 'never' | { readonly everyMs: number }

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: minuteMs,
  h: 60 * minuteMs,
  d: dayMs,
  w: 7 * dayMs,
}

/** Undefined for the usual one, which Compose calls by two names; throws a RangeError. */
export function parsePullPolicy(text: string): PullPolicy | undefined {
  switch (text) {
    case 'missing':
    case 'if_not_present':
      return undefined
    case 'always':
    case 'never':
      return text
    case 'daily':
      return { everyMs: dayMs }
    case 'weekly':
      return { everyMs: 7 * dayMs }
    case 'build':
      throw new RangeError('images are not built on the host: push one to a registry')
    default:
      return { everyMs: parseInterval(text) }
  }
}

function parseInterval(text: string): number {
  const [, interval = ''] = /^every_((?:\d+[wdhms])+)$/.exec(text) ?? []
  if (interval === '')
    throw new RangeError(
      `expected always, missing, if_not_present, never, daily, weekly or every_INTERVAL such as every_12h, found "${text}"`,
    )
  let everyMs = 0
  for (const [, amount, unit = ''] of interval.matchAll(/(\d+)([wdhms])/g))
    everyMs += Number(amount) * (unitsMs[unit] ?? Number.NaN)
  if (everyMs > 0 && Number.isSafeInteger(everyMs)) return everyMs
  throw new RangeError(`expected an interval of a second or more, found "${text}"`)
}
