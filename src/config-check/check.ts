import { unsupportedParts } from '../ignition/unsupported.ts'
import { type ParsedConfig, type Problem, parseConfig } from '../ignition-schema/index.ts'
import { parseYamlConfig } from '../ignition-schema/yaml.ts'

export type ConfigFormat = 'json' | 'yaml'

export type CheckOptions = {
  readonly format: ConfigFormat
  /** Warnings count as errors. */
  readonly strict: boolean
  /** Only what the specification says, not what our hosts cannot carry out yet. */
  readonly specificationOnly: boolean
}

export type CheckedConfig = {
  readonly problems: readonly Problem[]
  readonly errors: number
  readonly warnings: number
  /** Whether a host may have this config. */
  readonly ok: boolean
}

/** Everything that is wrong with a config, in the order of its text; `file` names it. */
export function checkConfig(
  data: Uint8Array,
  file: string,
  { format, strict, specificationOnly }: CheckOptions,
): CheckedConfig {
  const parsed = parseAs(data, file, format)
  const problems = [...parsed.problems, ...(specificationOnly ? [] : hostProblems(parsed))]
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  return {
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
    errors,
    warnings,
    ok: errors === 0 && !(strict && warnings > 0),
  }
}

/** YAML by the ending of its name, or by its text where there is no name: JSON begins with a brace. */
export function formatOf(file: string, data: Uint8Array): ConfigFormat {
  if (/\.ya?ml$/i.test(file)) return 'yaml'
  if (file !== '-') return 'json'
  const start = Buffer.from(data.subarray(0, 1024)).toString('utf8').trimStart()
  return start === '' || /^[{[]/.test(start) ? 'json' : 'yaml'
}

/** A config of either format; `file` names it in the problems. */
export function parseAs(data: Uint8Array, file: string, format: ConfigFormat): ParsedConfig {
  if (format === 'json') return parseConfig(data, file)
  const text = Buffer.from(data)
  // Bytes that are not UTF-8 are no YAML either, and are named in the same way.
  return text.equals(Buffer.from(text.toString('utf8')))
    ? parseYamlConfig(text.toString('utf8'), file)
    : parseConfig(data, file)
}

function hostProblems(parsed: ParsedConfig): Problem[] {
  const { config } = parsed
  const problems = config === undefined ? [] : unsupportedParts(parsed, config)
  return problems.map((problem) => ({ ...problem, code: 'SLIPWAY_HOST_UNSUPPORTED' }))
}
