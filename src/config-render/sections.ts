import type { JsonMember, JsonNode } from '../ignition-schema/index.ts'
import type { ObjectShape } from '../ignition-schema/shape.ts'
import { convert, isNull, reportUnknown } from './convert.ts'
import { knownKeys } from './fields.ts'
import { nodeOf, type ObjectNode, withMember } from './node.ts'
import { checkSystem, refuseForeignKey } from './other-systems.ts'
import type { Rendering } from './rendering.ts'
import { addHostFiles, hostKeys } from './slipway/index.ts'
import { addMountUnits } from './sugar/mount-units.ts'
import { addTrees } from './sugar/trees.ts'
import { type Entry, type MapTree, type Tree, valueAt } from './yaml/tree.ts'

/** The whole config in the words of Ignition. */
export function renderSections(tree: Tree, shape: ObjectShape, rendering: Rendering): ObjectNode {
  if (tree.kind !== 'map') return { kind: 'object', offset: tree.offset, members: [] }
  const parts = convertParts(tree, shape, rendering)
  const storageTree = valueAt(tree, 'storage')
  const storage = section(parts, 'storage')
  const systemd = section(parts, 'systemd')
  checkSystem(storage, storageTree, rendering)
  const whole = addTrees(storage ?? empty(tree), storageTree, rendering)
  const made: Record<string, JsonNode | undefined> = {
    storage: addHostFiles(whole, tree, rendering),
    systemd: addMountUnits(systemd ?? empty(tree), storage, storageTree, rendering),
  }
  const root = Object.entries(made).reduce<ObjectNode>(
    (node, [name, value]) => (value === undefined ? node : replaced(node, name, value)),
    { kind: 'object', offset: tree.offset, members: parts },
  )
  return rendering.from([], withVersion(root, tree, rendering))
}

function convertParts(tree: MapTree, shape: ObjectShape, rendering: Rendering): JsonMember[] {
  const { keys, newer } = knownKeys(shape, '', rendering.variant.minor)
  const all = ['variant', 'version', ...keys.keys(), ...hostKeys(rendering)]
  return tree.entries.flatMap((entry: Entry): JsonMember[] => {
    const { key, keyOffset, value } = entry
    const known = keys.get(key)
    if (known?.kind === 'field') {
      if (isNull(value)) return []
      return [{ key: known.name, keyOffset, value: convert(value, known.shape, [key], rendering) }]
    }
    if (!all.includes(key) && !refuseForeignKey(entry, rendering))
      reportUnknown(rendering, [key], keyOffset, all, newer)
    return []
  })
}

/** A section that is a map; what has another type is left to the check of the result. */
function section(parts: readonly JsonMember[], name: string): ObjectNode | undefined {
  const value = parts.find(({ key }) => key === name)?.value
  return value?.kind === 'object' ? value : undefined
}

function empty(tree: Tree): ObjectNode {
  return { kind: 'object', offset: tree.offset, members: [] }
}

function replaced(root: ObjectNode, name: string, value: JsonNode): ObjectNode {
  const there = root.members.find(({ key }) => key === name)?.value
  const isNothing = value.kind === 'object' && value.members.length === 0
  if ((there === undefined && isNothing) || (there !== undefined && there.kind !== 'object'))
    return root
  return withMember(root, name, value)
}

/** `ignition` comes first, with the version. */
function withVersion(root: ObjectNode, tree: MapTree, rendering: Rendering): ObjectNode {
  const written = root.members.find(({ key }) => key === 'ignition')
  const isWrong = written !== undefined && written.value.kind !== 'object'
  if (isWrong)
    rendering.report('RENDER_TYPE', ['ignition'], written.value.offset, { wanted: 'a map' })
  const offset = valueAt(tree, 'version')?.offset ?? tree.offset
  const text = `3.${rendering.variant.minor}.0`
  const version = rendering.from(['version'], nodeOf(text, offset))
  const member = { key: 'version', keyOffset: offset, value: version }
  const own = written?.value.kind === 'object' ? written.value.members : []
  const ignition: JsonMember = {
    key: 'ignition',
    keyOffset: written?.keyOffset ?? offset,
    value: rendering.from(['ignition'], {
      kind: 'object',
      offset: written?.value.offset ?? offset,
      members: [member, ...own],
    }),
  }
  const rest = root.members.filter(({ key }) => key !== 'ignition')
  return { ...root, members: [ignition, ...rest] }
}
