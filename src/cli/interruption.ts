import { constants } from 'node:os'
import { buildErrors } from '../errors/build.ts'

/**
 * A signal that aborts on Ctrl-C, SIGTERM or SIGHUP, with SLIPWAY_BUILD_INTERRUPTED as its reason. A
 * second Ctrl-C ends the process at once; programs that it runs end with it.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name])
      controller.abort(buildErrors.error('SLIPWAY_BUILD_INTERRUPTED', { signal: name }))
    })
  return controller.signal
}
