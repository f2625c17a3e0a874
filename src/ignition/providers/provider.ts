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
  /**
   * Has the platform forget the config, where every process of the host could ask for it. Throws as
   * `fetch`.
   */
  forget?(context: ProviderContext): Promise<void>
  /** Missing where the platform tells nothing of the host. */
  readonly metadata?: PlatformMetadata
  /** Tells the platform how a stage ended, where it wants to know. */
  report?(context: ProviderContext, outcome: StageOutcome): Promise<void>
}

/** What a platform knows of the host itself. */
export type PlatformMetadata = {
  /** The host's name as the platform writes it; undefined when it has none. Throws as `Provider.fetch`. */
  hostname(context: ProviderContext): Promise<string | undefined>
  /** Lines of authorized_keys; missing where the platform has no keys. Throws as `Provider.fetch`. */
  sshKeys?(context: ProviderContext): Promise<readonly string[]>
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
