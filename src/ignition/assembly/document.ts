import {
  type Config,
  correspondingPath,
  type ParsedConfig,
  type Path,
  parseConfig,
} from '../../ignition-schema/index.ts'

/** One of the configs that were put together, as it was read. */
export type ConfigDocument = {
  /** base: the image's or the administrator's; user: what the host was given. */
  readonly kind: 'base' | 'user'
  readonly source: string
  readonly text: string
  /** Named by another config, rather than found in a place of its own. */
  readonly isReferenced: boolean
}

/**
 * A config that came of others: problems are told where one of them says what is wrong, the last
 * one that does.
 * @param whole what parsing its text gave
 */
export function assembledConfig(
  config: Config,
  whole: ParsedConfig,
  documents: readonly ConfigDocument[],
): ParsedConfig {
  const parts = parsedWhenAsked(documents)
  const problem: ParsedConfig['problem'] = (severity, path, ...rest) => {
    const [part, place] = originOf(config, path, parts()) ?? [whole, path]
    return part.problem(severity, place, ...rest)
  }
  const problems = whole.problems.map(({ severity, path, message, expected, code }) =>
    problem(severity, pathOf(path), message, expected, code),
  )
  return { ...whole, problems, problem }
}

/** The last first. Most configs have no problem to tell, and may be large. */
function parsedWhenAsked(documents: readonly ConfigDocument[]): () => readonly ParsedConfig[] {
  let parts: readonly ParsedConfig[] | undefined
  return () => {
    parts ??= documents.map(({ text, source }) => parseConfig(text, source)).reverse()
    return parts
  }
}

/** Of a text such as `$.storage.files.0.path`; no field of a config has a dot in its name. */
function pathOf(text: string): Path {
  return text
    .split('.')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}

/** The innermost value that one of the parts has, at or around `path`. */
function originOf(
  config: Config,
  path: Path,
  parts: readonly ParsedConfig[],
): [part: ParsedConfig, path: Path] | undefined {
  for (let length = path.length; length > 0; length -= 1)
    for (const part of parts) {
      const found = part.config && correspondingPath(config, path.slice(0, length), part.config)
      if (found !== undefined) return [part, found]
    }
  return undefined
}
