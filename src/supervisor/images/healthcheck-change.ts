import { parseDuration } from '../compose/duration.ts'

/** Options of the instruction by name, and what Docker calls them. */
const options: Readonly<Record<string, string>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
  retries: 'Retries',
}

/**
 * The health check that a HEALTHCHECK instruction means, in Docker's fields. Throws a RangeError.
 *
 * @param words reads a list of JSON
 */
export function healthcheckOf(
  rest: string,
  words: (text: string) => readonly string[] | undefined,
): object {
  if (/^NONE$/i.test(rest)) return { Test: ['NONE'] }
  const fields: Record<string, number> = {}
  let left = rest
  for (;;) {
    const option = /^--([a-z-]+)=(\S+)\s*/.exec(left)
    if (option === null) break
    const [all, name = '', value = ''] = option
    const field = Object.hasOwn(options, name) ? options[name] : undefined
    if (field === undefined) throw new RangeError(`unknown flag: ${name}`)
    fields[field] = field === 'Retries' ? retries(value) : parseDuration(value) * 1_000_000
    left = left.slice(all.length)
  }
  const command = /^CMD\s+(.*)$/is.exec(left)?.[1]
  if (command === undefined) throw new RangeError('it needs CMD and a command, or NONE')
  const list = words(command)
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...fields }
}

function retries(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new RangeError(`--retries: expected a number, found "${text}"`)
}
