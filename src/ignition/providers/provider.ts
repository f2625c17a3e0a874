import { ignitionErrors } from '../../errors/ignition.ts'
import type { Log } from '../log.ts'
import type { Fetcher } from '../sources/fetcher.ts'

/** Where a platform keeps the config that its user gave to the host. */
export type Provider = {
  /**
   * undefined when the user gave none. Throws NetworkNeededError when only the network can tell, and
   * SLIPWAY_IGNITION_PROVIDER_FAILED and others when it is unknown.
   */
  fetch(context: ProviderContext): Promise<ProvidedConfig | undefined>
  /** Tells the platform how a stage ended, where it wants to know. */
  report?(context: ProviderContext, outcome: StageOutcome): Promise<void>
}

export type ProviderContext = {
  readonly fetcher: Fetcher
  readonly log: Log
  readonly signal?: AbortSignal
}

export type StageOutcome = { readonly stage: string; readonly failure?: string }

export type ProvidedConfig = {
  /** How problems name the config. */
  readonly source: string
  readonly data: Uint8Array
}

/** SLIPWAY_IGNITION_PROVIDER_FAILED, to be thrown. */
export function providerFailed(platform: string, reason: string, cause?: unknown) {
  return ignitionErrors.error('SLIPWAY_IGNITION_PROVIDER_FAILED', { platform, reason }, cause)
}
