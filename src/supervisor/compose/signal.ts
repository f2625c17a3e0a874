import { constants } from 'node:os'
import { suggestion } from '../../checked-yaml/wording.ts'

/** The real-time signals end here on every architecture of Linux that we run on. */
const highestNumber = 64

/**
 * A signal as Compose files name it, with or without `SIG`, or its number; throws a RangeError. Gives
 * it as crun takes it.
 */
export function parseSignal(text: string): string {
  if (/^\d+$/.test(text)) {
    if (Number(text) >= 1 && Number(text) <= highestNumber) return String(Number(text))
    throw new RangeError(`expected a signal's number from 1 to ${highestNumber}, found "${text}"`)
  }
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`
  if (
    Object.hasOwn(constants.signals, name) ||
    /^SIGRT(?:MIN(?:\+\d{1,2})?|MAX(?:-\d{1,2})?)$/.test(name)
  )
    return name
  throw new RangeError(`no such signal; ${suggestion(name, Object.keys(constants.signals))}`)
}
