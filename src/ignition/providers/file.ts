import { readFileSync } from 'node:fs'
import { ignitionErrors } from '../../errors/ignition.ts'
import type { Provider } from './provider.ts'

/** A config in a file, named by the environment variable IGNITION_CONFIG_FILE; none if it is unset. */
export function fileProvider(path: string | undefined): Provider {
  return {
    fetch: async () => (path ? { source: path, data: read(path) } : undefined),
  }
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const details = { platform: 'file', reason }
    throw ignitionErrors.error('SLIPWAY_IGNITION_PROVIDER_FAILED', details, cause)
  }
}
