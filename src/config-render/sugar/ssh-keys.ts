import type { JsonNode, Path } from '../../ignition-schema/index.ts'
import { memberOf, nodeOf, type ObjectNode, withItems } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import type { Entry } from '../yaml/tree.ts'
import { readLocalText } from './values.ts'

/** A user's SSH keys from files, one key a line, after those that the config itself names. */
export function localKeys(
  node: ObjectNode,
  { key, value }: Entry,
  path: Path,
  rendering: Rendering,
): ObjectNode {
  const here = [...path, key]
  if (value.kind !== 'list') {
    rendering.report('RENDER_TYPE', here, value.offset, { wanted: 'a list of paths' })
    return node
  }
  const keys = value.items.flatMap((item, index): JsonNode[] => {
    const place = [...here, index]
    const lines = readLocalText(item, place, rendering)?.content.split(/\r?\n/) ?? []
    return lines
      .filter((line) => line !== '')
      .map((line) => rendering.from(place, nodeOf(line, item.offset)))
  })
  const whole = withItems(node, 'sshAuthorizedKeys', keys)
  const list = memberOf(whole, 'sshAuthorizedKeys')
  // The list as a whole is to be found where its keys come from, if all of them do.
  if (list !== undefined && memberOf(node, 'sshAuthorizedKeys') === undefined)
    rendering.from(here, list)
  return whole
}
