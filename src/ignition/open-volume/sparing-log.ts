import { problemText } from '../../ignition-schema/index.ts'
import type { Log } from '../log.ts'

const firstLines = 6
const everyMs = 60_000

/**
 * A log for the console of a host that may wait for hours: what is said first, then one line a minute.
 * @param now the clock, in milliseconds
 */
export function sparingLog(write: (message: string) => void, now = () => Date.now()): Log {
  let said = 0
  let lastMs = Number.NEGATIVE_INFINITY
  return {
    info(message) {
      if (said >= firstLines && now() - lastMs < everyMs) return
      said += 1
      lastMs = now()
      write(message)
    },
    error: write,
    problem: (problem) => write(problemText(problem)),
  }
}
