import { dependantsOf, type OrderedService } from './plan/stop-order.ts'

/**
 * Stops each service once all that depend on it have ended, those that have nothing to do with each
 * other at once. When `timeUp` aborts, the rest follows without waiting. Gives what `stop` threw, by
 * service; who could not be stopped holds up nobody.
 */
export async function stopInOrder(
  services: readonly OrderedService[],
  stop: (key: string) => Promise<void>,
  timeUp: AbortSignal,
): Promise<ReadonlyMap<string, unknown>> {
  const dependants = dependantsOf(services)
  const failures = new Map<string, unknown>()
  const ends = new Map<string, Promise<void>>()
  const late = aborted(timeUp)
  const end = (key: string): Promise<void> => {
    const begun = ends.get(key)
    if (begun !== undefined) return begun
    const before = Promise.all([...(dependants.get(key) ?? [])].map(end))
    const ended = Promise.race([before, late])
      .then(() => stop(key))
      .catch((error: unknown) => {
        failures.set(key, error)
      })
    ends.set(key, ended)
    return ended
  }
  await Promise.all(services.map(({ key }) => end(key)))
  return failures
}

/** Resolves when the signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
