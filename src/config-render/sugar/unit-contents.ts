import type { Path } from '../../ignition-schema/index.ts'
import { memberOf, nodeOf, type ObjectNode, withMember } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import type { Entry } from '../yaml/tree.ts'
import { readLocalText } from './values.ts'

/** A unit or drop-in with its contents in a file beside the YAML. */
export function localUnit(
  node: ObjectNode,
  { key, keyOffset, value }: Entry,
  path: Path,
  rendering: Rendering,
): ObjectNode {
  const here = [...path, key]
  if (memberOf(node, 'contents') !== undefined) {
    rendering.report('RENDER_UNIT_SOURCES', here, keyOffset)
    return node
  }
  // As Butane has it, an empty path is none.
  if (value.kind === 'scalar' && value.value === '') return node
  const read = readLocalText(value, here, rendering)
  if (read === undefined) return node
  return withMember(node, 'contents', rendering.from(here, nodeOf(read.content, value.offset)))
}
