import type { MissingField } from '../../checked-yaml/complete.ts'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { maximumWindowMs } from '../schedule/window.ts'
import { durationMs } from './duration.ts'
import type { UpdateFile } from './schema.ts'

type Mistake = MissingField

const minute = 60 * 1000
const hour = 60 * minute
const day = 24 * hour

/** What a schema cannot say: limits of durations, addresses, zones, and fields that need or exclude others. */
export function contradictions(file: UpdateFile): Mistake[] {
  return [
    ...serverMistakes(file),
    ...outOfRange(['interval'], file.interval, minute, 30 * day, 'from 1m to 30d'),
    ...outOfRange(['health', 'timeout'], file.health.timeout, minute / 2, hour, 'from 30s to 1h'),
    ...windowsMistakes(file),
    ...lockMistakes(file),
  ]
}

function serverMistakes({ enabled, server }: UpdateFile): Mistake[] {
  if (server !== undefined) return urlMistakes(['server'], server)
  return enabled ? [{ path: ['server'], message: 'missing; expected an http(s) URL' }] : []
}

function windowsMistakes({ strategy, windows }: UpdateFile): Mistake[] {
  const path = ['windows']
  if (strategy === 'window' && windows.length === 0)
    return [{ path, message: 'the strategy window needs at least one window' }]
  if (windows.length > 0 && strategy !== 'window' && strategy !== 'lock')
    return [{ path, message: `windows have no effect with the strategy ${strategy}` }]
  return windows.flatMap(({ days, length, timeZone }, index) => [
    ...(days.length === 0 ? [{ path: [...path, index, 'days'], message: 'names no day' }] : []),
    ...outOfRange([...path, index, 'length'], length, minute, maximumWindowMs, 'from 1m to 24h'),
    ...(isTimeZone(timeZone)
      ? []
      : [
          {
            path: [...path, index, 'timeZone'],
            message: `expected a time zone of IANA’s such as Europe/Berlin, found "${timeZone}"`,
          },
        ]),
  ])
}

function lockMistakes({ strategy, lock }: UpdateFile): Mistake[] {
  const path = ['lock']
  if (strategy !== 'lock')
    return lock === undefined
      ? []
      : [{ path, message: `a lock server has no effect with the strategy ${strategy}` }]
  if (lock === undefined) return [{ path, message: 'missing; the strategy lock needs it' }]
  const wrong = urlMistakes([...path, 'url'], lock.url)
  if (wrong.length > 0 || lock.caCertificate === undefined || lock.url.startsWith('https:'))
    return wrong
  return [{ path: [...path, 'caCertificate'], message: 'has no effect with an http URL' }]
}

function outOfRange(
  path: FieldPath,
  duration: string,
  leastMs: number,
  mostMs: number,
  range: string,
): Mistake[] {
  const ms = durationMs(duration)
  if (ms >= leastMs && ms <= mostMs) return []
  return [{ path, message: `expected a duration ${range}, found "${duration}"` }]
}

/** Never repeats the address: it may hold a password. */
function urlMistakes(path: FieldPath, text: string): Mistake[] {
  const url = URL.parse(text)
  const mistake = (message: string) => [{ path, message }]
  if (url === null || !/^https?:\/\/[^/]/.test(text)) return mistake('expected an http(s) URL')
  if (url.username !== '' || url.password !== '')
    return mistake('expected a URL without user name and password')
  if (url.search !== '' || url.hash !== '') return mistake('expected a URL without ? and #')
  return []
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
