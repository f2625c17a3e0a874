import type { Log } from '../../journal/log.ts'
import type { PullProgress } from './types.ts'

/** Tells the journal what goes wrong during a pull that nobody watches, though it may come to a good end. */
export function loggedTrouble(reference: string, log: Log): (progress: PullProgress) => void {
  return (progress) => {
    if (progress.phase === 'retrying')
      log.warning(
        `pulling ${reference}: again in ${Math.ceil(progress.delayMs / 1000)} s: ${progress.reason}`,
      )
    else if (progress.phase === 'mirror-failed')
      log.warning(
        `pulling ${reference}: the mirror ${progress.mirror} is passed over: ${progress.reason}`,
      )
  }
}
