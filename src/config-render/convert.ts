import { nearest } from '../checked-yaml/wording.ts'
import type { JsonMember, JsonNode, Path } from '../ignition-schema/index.ts'
import type { ObjectShape, Shape } from '../ignition-schema/shape.ts'
import { knownKeys, placeOf } from './fields.ts'
import type { ObjectNode } from './node.ts'
import type { Rendering } from './rendering.ts'
import { desugar } from './sugar/index.ts'
import { scalarNode } from './yaml/scalars.ts'
import type { Entry, MapTree, Tree } from './yaml/tree.ts'

/**
 * A part of the YAML in the words of Ignition: names in camelCase, sugar carried out, nulls left out.
 * Values of a wrong type stay as they are: the check of the result names them at their places.
 */
export function convert(tree: Tree, shape: Shape, path: Path, rendering: Rendering): JsonNode {
  if (tree.kind === 'map' && shape.kind === 'object')
    return convertMap(tree, shape, path, rendering)
  if (tree.kind === 'list' && shape.kind === 'list') {
    const items = tree.items.map((item, index) =>
      convert(item, shape.item, [...path, index], rendering),
    )
    return rendering.from(path, { kind: 'array', offset: tree.offset, items })
  }
  return rendering.from(path, asItIs(tree, shape))
}

function convertMap(
  tree: MapTree,
  shape: ObjectShape,
  path: Path,
  rendering: Rendering,
): ObjectNode {
  const { keys, newer } = knownKeys(shape, placeOf(path), rendering.variant.minor)
  const members: JsonMember[] = []
  const sugar = new Map<string, Entry>()
  for (const entry of tree.entries) {
    const { key, keyOffset, value } = entry
    const known = keys.get(key)
    if (known === undefined)
      reportUnknown(rendering, [...path, key], keyOffset, [...keys.keys()], newer)
    else if (isNull(value)) continue
    else if (known.kind === 'sugar') sugar.set(key, entry)
    else
      members.push({
        key: known.name,
        keyOffset,
        value: convert(value, known.shape, [...path, key], rendering),
      })
  }
  const node: ObjectNode = { kind: 'object', offset: tree.offset, members }
  return rendering.from(path, desugar(node, sugar, path, rendering))
}

/** Tells of a key that is not known, with what was probably meant. */
export function reportUnknown(
  rendering: Rendering,
  path: Path,
  offset: number,
  known: readonly string[],
  newer: ReadonlySet<string> = new Set(),
): void {
  const key = String(path.at(-1))
  if (newer.has(key)) {
    rendering.report('RENDER_KEY_NEWER', path, offset)
    return
  }
  // Butane goes on without the key. In a variant of our own nothing needs to be ignored.
  const code = rendering.variant.name === 'slipway' ? 'RENDER_KEY_REFUSED' : 'RENDER_KEY_UNKNOWN'
  rendering.report(code, path, offset, {
    known: nearest(key, known) ?? `one of ${known.join(', ')}`,
  })
}

export function isNull(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null
}

function asItIs(tree: Tree, shape?: Shape): JsonNode {
  switch (tree.kind) {
    case 'scalar': {
      const wanted = shape?.kind === 'list' || shape?.kind === 'object' ? undefined : shape?.kind
      return scalarNode(tree, wanted)
    }
    case 'list':
      return { kind: 'array', offset: tree.offset, items: tree.items.map((item) => asItIs(item)) }
    case 'map': {
      const members = tree.entries.map((entry) => ({ ...entry, value: asItIs(entry.value) }))
      return { kind: 'object', offset: tree.offset, members }
    }
  }
}
