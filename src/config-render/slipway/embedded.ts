import type { Problem as FileProblem } from '../../checked-yaml/problem.ts'
import { type Path, pathText } from '../../ignition-schema/index.ts'
import type { RenderCode } from '../catalogue.ts'
import { type Rendering, renderProblem } from '../rendering.ts'
import { readLocalText } from '../sugar/values.ts'
import { type MapTree, type Tree, valueAt } from '../yaml/tree.ts'

/** A YAML document inside of the config, or in a file beside it. */
export type Embedded = {
  /** What the host gets. */
  readonly content: string
  /** The same text with each character at the line and column that it has in its file. */
  readonly placed: string
  /** The local file that it is, if it is one. */
  readonly file?: string
}

/** The document that a value is: a map, or `local` with a path. Undefined, reported, if it is neither. */
export function embeddedDocument(
  value: Tree,
  path: Path,
  rendering: Rendering,
): Embedded | undefined {
  if (value.kind !== 'map') {
    const wanted = 'a map, or local: and the path of a file'
    return rendering.report('RENDER_TYPE', path, value.offset, { wanted })
  }
  const local = valueAt(value, 'local')
  if (local === undefined || value.entries.length > 1) return inside(value, rendering)
  const read = readLocalText(local, [...path, 'local'], rendering)
  return read && { content: read.content, placed: read.content, file: read.file }
}

function inside({ offset, end }: MapTree, rendering: Rendering): Embedded {
  const { line, column } = rendering.positionAt(offset)
  const indent = column - 1
  const written = rendering.text.slice(offset, end)
  const placed = `${'\n'.repeat(line - 1)}${' '.repeat(indent)}${written}`
  const lines = written
    .split('\n')
    .map((each, index) => (index === 0 ? each : outdented(each, indent)))
  return { content: `${lines.join('\n').trimEnd()}\n`, placed }
}

/** Comments may stand further to the left. */
function outdented(line: string, indent: number): string {
  const blank = line.length - line.trimStart().length
  return line.slice(Math.min(blank, indent))
}

/** Reports what is wrong in the document, at its place in the config or the local file. */
export function reportEmbedded(
  problems: readonly FileProblem[],
  code: RenderCode,
  path: Path,
  { file }: Embedded,
  rendering: Rendering,
): void {
  for (const { path: within, message, line, column } of problems) {
    const details = { problem: message }
    const source = file ?? rendering.source
    const place = { line, column }
    const problem = renderProblem(code, [], details, source, place)
    const base = file === undefined ? pathText(path) : '$'
    const step = within === '' || within.startsWith('[') ? within : `.${within}`
    rendering.problems.push({ ...problem, path: `${base}${step}` })
  }
}
