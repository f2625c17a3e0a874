import { readFileSync } from 'node:fs'
import { reasonOf } from '../sources/failure.ts'
import { type Provider, providerFailed } from './provider.ts'

/** A config in a file, named by the environment variable IGNITION_CONFIG_FILE, or `config.ign` here. */
export function fileProvider(path: string | undefined): Provider {
  const source = path || 'config.ign'
  return { fetch: async () => ({ source, data: read(source) }) }
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw providerFailed('file', reasonOf(cause), cause)
  }
}
