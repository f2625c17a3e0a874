import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ignitionErrors } from '../errors/ignition.ts'
import { valueAt } from '../json/value.ts'
import type { ConfigDocument } from './assembly/document.ts'
import { readIfThere } from './assembly/read.ts'
import { replaceFile } from './root/durable.ts'
import type { FetchedConfig } from './stages/stage.ts'

/** Where one run of the program leaves for the next what it found out. */
export type CachePaths = {
  /** The config, which others may read too: an Ignition config. */
  readonly config: string
  /** What the config was made of. */
  readonly state: string
}

/** What is cached when the user gave no config. */
const noConfig = JSON.stringify({ ignition: { version: '3.6.0' } })

/** Keeps the config between two runs of the program; only root may read it, for it may have secrets. */
export function writeConfigCache(paths: CachePaths, fetched: FetchedConfig): void {
  const state = {
    fetchedConfigs: (fetched?.documents ?? []).map(({ kind, source, isReferenced }) => ({
      kind,
      source,
      referenced: isReferenced,
    })),
    documents: fetched?.documents ?? [],
    isFromUser: fetched !== undefined && (fetched.isFromUser ?? true),
    source: fetched?.source ?? '',
  }
  // The config last: other programs take its being there for the end of the stage.
  write(paths.state, JSON.stringify(state))
  write(paths.config, fetched?.text ?? noConfig)
}

/** Throws SLIPWAY_IGNITION_CACHE_UNREADABLE. The state may be missing: the config is enough. */
export function readConfigCache(paths: CachePaths): FetchedConfig {
  try {
    const text = readFileSync(paths.config, 'utf8')
    const state = readIfThere(paths.state)
    if (state === undefined) return { source: paths.config, text }
    const { documents, isFromUser, source } = stateOf(JSON.parse(state.toString('utf8')))
    if (!isFromUser && documents.length === 0) return undefined
    return { source: source || paths.config, text, documents, isFromUser }
  } catch (cause) {
    throw ignitionErrors.error('SLIPWAY_IGNITION_CACHE_UNREADABLE', { path: paths.config }, cause)
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  replaceFile(path, text, { ...owner, mode: 0o600 })
}

function stateOf(value: unknown): {
  documents: readonly ConfigDocument[]
  isFromUser: boolean
  source: string
} {
  const documents = valueAt(value, 'documents')
  const source = valueAt(value, 'source')
  return {
    documents: Array.isArray(documents) ? documents.filter(isDocument) : [],
    isFromUser: valueAt(value, 'isFromUser') !== false,
    source: typeof source === 'string' ? source : '',
  }
}

function isDocument(value: unknown): value is ConfigDocument {
  const kind = valueAt(value, 'kind')
  return (
    (kind === 'base' || kind === 'user') &&
    typeof valueAt(value, 'source') === 'string' &&
    typeof valueAt(value, 'text') === 'string' &&
    typeof valueAt(value, 'isReferenced') === 'boolean'
  )
}
