import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ignitionErrors } from '../errors/ignition.ts'
import { replaceFile } from './root/durable.ts'
import type { FetchedConfig } from './stages/stage.ts'

/** Keeps the config between two runs of the program; only root may read it, for it may have secrets. */
export function writeConfigCache(path: string, fetched: FetchedConfig): void {
  mkdirSync(dirname(path), { recursive: true })
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  replaceFile(path, JSON.stringify(fetched ?? null), { ...owner, mode: 0o600 })
}

/** Throws SLIPWAY_IGNITION_CACHE_UNREADABLE. */
export function readConfigCache(path: string): FetchedConfig {
  try {
    const cached: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (cached === null) return undefined
    if (isFetched(cached)) return cached
  } catch (cause) {
    throw ignitionErrors.error('SLIPWAY_IGNITION_CACHE_UNREADABLE', { path }, cause)
  }
  throw ignitionErrors.error('SLIPWAY_IGNITION_CACHE_UNREADABLE', { path })
}

function isFetched(value: unknown): value is { source: string; text: string } {
  if (typeof value !== 'object' || value === null) return false
  const { source, text } = { source: undefined, text: undefined, ...value }
  return typeof source === 'string' && typeof text === 'string'
}
