import { NetworkNeededError, reasonOf } from '../sources/failure.ts'
import { type ProvidedConfig, type ProviderContext, providerFailed } from './provider.ts'

/** A way to a config; its answer may also be that there is none. */
export type Way = {
  readonly name: string
  readonly ask: (signal: AbortSignal) => Promise<ProvidedConfig | undefined>
}

/**
 * The answer of the way that has one first; the others are told to end, and have ended when this
 * returns. Throws SLIPWAY_IGNITION_PROVIDER_FAILED when none of them has an answer.
 */
export async function race(
  platform: string,
  ways: readonly Way[],
  { signal, log }: ProviderContext,
): Promise<ProvidedConfig | undefined> {
  const finish = new AbortController()
  const either = AbortSignal.any([finish.signal, ...(signal === undefined ? [] : [signal])])
  const asked = ways.map(async ({ name, ask }) => {
    try {
      return { config: await ask(either) }
    } catch (error) {
      signal?.throwIfAborted()
      if (!finish.signal.aborted) log.info(`${name}: ${reasonOf(error)}`)
      throw error
    }
  })
  try {
    const { config } = await Promise.any(asked)
    return config
  } catch (error) {
    signal?.throwIfAborted()
    const reasons = error instanceof AggregateError ? error.errors : [error]
    const offline = reasons.find((each) => each instanceof NetworkNeededError)
    if (offline !== undefined) throw offline
    const told = ways.map(({ name }, index) => `${name}: ${reasonOf(reasons[index])}`)
    throw providerFailed(platform, told.join('; '), error)
  } finally {
    finish.abort(new Error('another way was faster'))
    await Promise.allSettled(asked)
  }
}
