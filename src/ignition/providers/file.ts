import { readFileSync } from 'node:fs'
import { reasonOf } from '../sources/failure.ts'
import { type Provider, providerFailed } from './provider.ts'

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
    throw providerFailed('file', reasonOf(cause), cause)
  }
}
