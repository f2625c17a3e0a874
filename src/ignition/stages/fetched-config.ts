import { type ParsedConfig, parseConfig } from '../../ignition-schema/index.ts'
import { assembledConfig } from '../assembly/document.ts'
import type { FetchedConfig } from './stage.ts'

/** A fetched config for a stage to carry out; it is right, unless the cache was made by others. */
export function openFetched(fetched: NonNullable<FetchedConfig>): ParsedConfig {
  const known = opened.get(fetched)
  if (known !== undefined) return known
  const parsed = parsedAnew(fetched)
  opened.set(fetched, parsed)
  return parsed
}

/** The same as a fetched config that was parsed when it was put together. */
export function withParsed(
  fetched: NonNullable<FetchedConfig>,
  parsed: ParsedConfig,
): NonNullable<FetchedConfig> {
  opened.set(fetched, parsed)
  return fetched
}

/** Each stage asks for the config, which takes long to parse when it has the contents of files. */
const opened = new WeakMap<NonNullable<FetchedConfig>, ParsedConfig>()

function parsedAnew({ source, text, documents = [] }: NonNullable<FetchedConfig>): ParsedConfig {
  const parsed = parseConfig(text, source)
  return parsed.config === undefined || documents.length === 0
    ? parsed
    : assembledConfig(parsed.config, parsed, documents)
}
