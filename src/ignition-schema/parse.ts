import { checkShape } from './check.ts'
import type { Config } from './config.ts'
import { Positions } from './document.ts'
import { foreignFormat } from './foreign-format.ts'
import { type JsonNode, JsonSyntaxError, parseJson } from './json.ts'
import { type Finding, hasErrors, type Path, type Problem, pathText } from './problem.ts'
import { finding, type Report } from './report.ts'
import { checkRules } from './rules/index.ts'
import type { Draft } from './shape.ts'
import { config as configShape } from './specification/config.ts'
import { upToNewest } from './translate.ts'
import { checkVersion } from './version.ts'

/** A config as far as it is right, and everything that is wrong with it, in the order of the text. */
export type ParsedConfig = {
  readonly source: string
  /** Translated to the newest specification; absent when there is an error. */
  readonly config?: Config
  readonly problems: readonly Problem[]
  /** A further problem that the caller found at `path`, with its place in the text. */
  problem(
    severity: Problem['severity'],
    path: Path,
    message: string,
    expected?: string,
    code?: string,
  ): Problem
}

/**
 * Parses and validates an Ignition config of specification 3.0.0 to 3.6.0.
 * Never throws for what `data` contains; `source` names it in the problems.
 */
export function parseConfig(data: Uint8Array | string, source: string): ParsedConfig {
  const text = decodeText(data)
  if (typeof text !== 'string') return unreadable(source, '', [0, finding(text.code, [])])
  if (text.trim() === '') return unreadable(source, text, [0, finding('IGNITION_EMPTY', [])])
  const foreign = foreignFormat(text)
  if (foreign !== undefined) return unreadable(source, text, [0, finding(foreign, [])])
  try {
    return parseConfigTree(parseJson(text), text, source)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    const { found, expected, offset } = error
    const syntax = finding('IGNITION_JSON_SYNTAX', [], { found, expected })
    return unreadable(source, text, [offset, syntax])
  }
}

/**
 * The same for a config that was read into JSON's values already, perhaps from another format; their
 * offsets are in `text`.
 */
export function parseConfigTree(root: JsonNode, text: string, source: string): ParsedConfig {
  const positions = new Positions(text, root)
  const problems: Problem[] = []
  const report: Report = (code, path, details, at = 'value') => {
    const position = at === 'key' ? positions.ofKey(path) : positions.ofValue(path)
    problems.push({ ...finding(code, path, details), source, ...position })
  }
  const config = checkParts(root, report)
  return {
    source,
    ...(config === undefined || hasErrors(problems) ? {} : { config }),
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
    problem: (severity, path, message, expected, code) => ({
      ...callersFinding(severity, path, message, expected, code),
      source,
      ...positions.ofValue(path),
    }),
  }
}

/** A config that cannot be read at all: why, each reason at an offset of its text. */
export function unreadable(
  source: string,
  text: string,
  ...reasons: readonly [offset: number, found: Finding][]
): ParsedConfig {
  const positions = new Positions(text)
  const problems = reasons.map(([offset, found]) => ({
    ...found,
    source,
    ...positions.atOffset(offset),
  }))
  const start = { source, ...positions.atOffset(reasons[0]?.[0] ?? 0) }
  return {
    source,
    problems,
    problem: (...about) => ({ ...callersFinding(...about), ...start }),
  }
}

/** Without a version that is understood nothing else can be judged. */
function checkParts(root: JsonNode, report: Report): Config | undefined {
  const minor = checkVersion(root, report)
  if (minor === undefined) return undefined
  const unread: Path[] = []
  const typesReport: Report = (code, path, ...more) => {
    if (code === 'IGNITION_TYPE') unread.push(path)
    report(code, path, ...more)
  }
  const draft: Draft<Config> = checkShape(root, configShape, minor, typesReport) ?? {}
  checkRules(draft, minor, (code, path, ...more) => {
    // What could not be read is not missing as well.
    if (!unread.some((each) => isWithin(each, path))) report(code, path, ...more)
  })
  // Complete unless something was reported: what is left out of a draft is always an error.
  return upToNewest(draft as Config, minor)
}

function isWithin(path: Path, ancestor: Path): boolean {
  return ancestor.every((step, index) => path[index] === step)
}

function decodeText(data: Uint8Array | string) {
  if (typeof data === 'string') return data
  if (data[0] === 0x1f && data[1] === 0x8b) return { code: 'IGNITION_COMPRESSED' } as const
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    return { code: 'IGNITION_NOT_TEXT' } as const
  }
}

function callersFinding(
  severity: Problem['severity'],
  path: Path,
  message: string,
  expected?: string,
  code = 'IGNITION_CALLER',
): Finding {
  const texts = { message, ...(expected === undefined ? {} : { expected }) }
  return { code, severity, path: pathText(path), ...texts }
}
