import { findingText, hasErrors, type Path, parseConfig } from '../../ignition-schema/index.ts'
import { escapedData, inlineData } from '../data-url.ts'
import { memberOf, nodeOf, type ObjectNode, textOf, withMember } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import type { Entry } from '../yaml/tree.ts'
import { readLocal, readText } from './values.ts'

/** A resource with its content written in the YAML (`inline`), or in a file beside it (`local`). */
export function inlineContents(
  node: ObjectNode,
  sugar: ReadonlyMap<string, Entry>,
  path: Path,
  rendering: Rendering,
): ObjectNode {
  const [given, second] = [...sugar.values()]
  if (given === undefined) return node
  const here = [...path, given.key]
  if (second !== undefined || memberOf(node, 'source') !== undefined) {
    const { key, keyOffset } = second ?? given
    rendering.report('RENDER_SOURCES', [...path, key], keyOffset)
    // The check of the result would only tell that a source is missing.
    return nodeAt(node, 'data:,', here, given, rendering)
  }
  const content =
    given.key === 'local'
      ? readLocal(given.value, here, rendering)?.content
      : inlineContent(given, here, rendering)
  if (content === undefined) return nodeAt(node, 'data:,', here, given, rendering)
  if (path[0] === 'ignition' && path[1] === 'config') checkNested(content, here, given, rendering)
  // What rendered to 3.0.0 compressed nothing.
  if (rendering.variant.minor === 0)
    return nodeAt(node, `data:${escapedData(content)}`, here, given, rendering)
  const { source, compression } = inlineData(content, textOf(node, 'compression'))
  const inlined = nodeAt(node, source, here, given, rendering)
  if (compression === undefined) return inlined
  const value = rendering.from(here, nodeOf(compression, given.value.offset))
  return withMember(inlined, 'compression', value)
}

function inlineContent(entry: Entry, path: Path, rendering: Rendering): Buffer | undefined {
  const text = readText(entry.value, path, rendering)
  return text === undefined ? undefined : Buffer.from(text)
}

function nodeAt(
  node: ObjectNode,
  source: string,
  path: Path,
  { value }: Entry,
  rendering: Rendering,
): ObjectNode {
  return withMember(node, 'source', rendering.from(path, nodeOf(source, value.offset)))
}

/** A config that is merged, or takes the place of this one, must be right itself. */
function checkNested(content: Buffer, path: Path, { value }: Entry, rendering: Rendering): void {
  const { problems } = parseConfig(content, 'config')
  for (const problem of problems) {
    const code = hasErrors([problem]) ? 'RENDER_NESTED' : 'RENDER_NESTED_WARNING'
    const place = `line ${problem.line}, column ${problem.column}`
    const details = { problem: `${place}: ${findingText(problem)}` }
    rendering.report(code, path, value.offset, details)
  }
}
