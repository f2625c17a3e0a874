import { checkShape, type Report } from './check.ts'
import type { Config } from './config.ts'
import { type Position, Positions } from './document.ts'
import { foreignFormat } from './foreign-format.ts'
import { type JsonNode, JsonSyntaxError, parseJson } from './json.ts'
import { hasErrors, type Path, type Problem, pathText } from './problem.ts'
import { checkStorage } from './rules/storage.ts'
import { checkSystemd } from './rules/systemd.ts'
import type { Draft } from './shape.ts'
import { config as configShape } from './specification.ts'
import { checkVersion } from './version.ts'

/** A config as far as it is right, and everything that is wrong with it, in the order of the text. */
export type ParsedConfig = {
  readonly source: string
  /** Absent when there is an error. */
  readonly config?: Config
  readonly problems: readonly Problem[]
  /** A further problem that the caller found at `path`, with its place in the text. */
  problem(severity: Problem['severity'], path: Path, message: string, expected?: string): Problem
}

/**
 * Parses and validates an Ignition config of specification 3.0.0 to 3.6.0.
 * Never throws for what `data` contains; `source` names it in the problems.
 */
export function parseConfig(data: Uint8Array | string, source: string): ParsedConfig {
  const text = decodeText(data)
  if (typeof text !== 'string') return unreadable(source, '', 0, text.message, text.expected)
  const foreign = foreignFormat(text)
  if (foreign !== undefined)
    return unreadable(source, text, 0, foreign, 'an Ignition config, which is JSON')
  let root: JsonNode
  try {
    root = parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    return unreadable(source, text, error.offset, `not JSON: ${error.message}`, error.expected)
  }
  return checkConfig(root, new Positions(text, root), source)
}

function checkConfig(root: JsonNode, positions: Positions, source: string): ParsedConfig {
  const problems: Problem[] = []
  const report: Report = (severity, path, message, expected, at = 'value') => {
    const position = at === 'key' ? positions.ofKey(path) : positions.ofValue(path)
    problems.push(problemAt(source, position, severity, path, message, expected))
  }
  const config = checkParts(root, report)
  return {
    source,
    ...(config === undefined || hasErrors(problems) ? {} : { config }),
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
    problem: (severity, path, message, expected) =>
      problemAt(source, positions.ofValue(path), severity, path, message, expected),
  }
}

/** Without a version that is understood nothing else can be judged. */
function checkParts(root: JsonNode, report: Report): Config | undefined {
  const minor = checkVersion(root, report)
  if (minor === undefined) return undefined
  const draft: Draft<Config> = checkShape(root, configShape, minor, report) ?? {}
  checkStorage(draft, minor, report)
  checkSystemd(draft, report)
  // Complete unless something was reported: what is left out of a draft is always an error.
  return asOf(minor, draft as Config)
}

/** Up to 3.5.0 the special bits of modes were ignored, and configs may rely on that. */
function asOf(minor: number, config: Config): Config {
  if (minor >= 6 || config.storage === undefined) return config
  const ordinary = <T extends { readonly mode?: number }>(node: T): T =>
    node?.mode === undefined ? node : { ...node, mode: node.mode & 0o777 }
  const { files, directories } = config.storage
  return {
    ...config,
    storage: {
      ...config.storage,
      ...(files === undefined ? {} : { files: files.map(ordinary) }),
      ...(directories === undefined ? {} : { directories: directories.map(ordinary) }),
    },
  }
}

function decodeText(data: Uint8Array | string): string | { message: string; expected: string } {
  if (typeof data === 'string') return data
  if (data[0] === 0x1f && data[1] === 0x8b)
    return { message: 'the config is compressed with gzip', expected: 'plain JSON' }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    return { message: 'the config is not text', expected: 'JSON in UTF-8' }
  }
}

function unreadable(
  source: string,
  text: string,
  offset: number,
  message: string,
  expected: string,
): ParsedConfig {
  const position = new Positions(text).atOffset(offset)
  const problem: ParsedConfig['problem'] = (severity, path, what, wanted) =>
    problemAt(source, position, severity, path, what, wanted)
  return { source, problems: [problem('error', [], message, expected)], problem }
}

function problemAt(
  source: string,
  position: Position,
  severity: Problem['severity'],
  path: Path,
  message: string,
  expected: string | undefined,
): Problem {
  const place = { source, ...position, path: pathText(path) }
  return { severity, ...place, message, ...(expected === undefined ? {} : { expected }) }
}
