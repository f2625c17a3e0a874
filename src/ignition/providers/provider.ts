import { fileProvider } from './file.ts'
import { qemuProvider } from './qemu.ts'

/** Where a platform keeps the config that its user gave to the host. */
export type Provider = {
  /** undefined when the user gave none; throws SLIPWAY_IGNITION_PROVIDER_FAILED when that is unknown. */
  fetch(): Promise<ProvidedConfig | undefined>
}

export type ProvidedConfig = {
  /** How problems name the config. */
  readonly source: string
  readonly data: Uint8Array
}

const providers: Readonly<Record<string, () => Provider>> = {
  qemu: () => qemuProvider(),
  file: () => fileProvider(process.env.IGNITION_CONFIG_FILE),
}

export const platforms: readonly string[] = Object.keys(providers)

/** The provider of a platform out of `platforms`, by its name in the reference implementation. */
export function openProvider(platform: string): Provider {
  const open = providers[platform]
  if (open === undefined) throw new RangeError(`no provider for ${platform}`)
  return open()
}
