import { type ParsedConfig, parseConfig } from '../../ignition-schema/index.ts'
import { assembledConfig } from '../assembly/document.ts'
import type { FetchedConfig } from './stage.ts'

/** A fetched config for a stage to carry out; it is right, unless the cache was made by others. */
export function openFetched({
  source,
  text,
  documents = [],
}: NonNullable<FetchedConfig>): ParsedConfig {
  const parsed = parseConfig(text, source)
  return parsed.config === undefined || documents.length === 0
    ? parsed
    : assembledConfig(parsed.config, source, documents)
}
