import type { JsonMember, JsonNode } from '../ignition-schema/index.ts'

export type ObjectNode = JsonNode & { readonly kind: 'object' }

/** A value that stands at one place of the text as a whole. */
export function nodeOf(value: unknown, offset: number): JsonNode {
  if (Array.isArray(value))
    return { kind: 'array', offset, items: value.map((item) => nodeOf(item, offset)) }
  switch (typeof value) {
    case 'string':
      return { kind: 'string', offset, value }
    case 'boolean':
      return { kind: 'boolean', offset, value }
    case 'number':
      return { kind: 'number', offset, value, whole: Number.isInteger(value) }
    case 'object':
      if (value !== null) return objectOf(value, offset)
  }
  return { kind: 'null', offset }
}

function objectOf(value: object, offset: number): ObjectNode {
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => ({ key, keyOffset: offset, value: nodeOf(each, offset) }))
  return { kind: 'object', offset, members }
}

/** The value that a node stands for. */
export function valueOfNode(node: JsonNode | undefined): unknown {
  switch (node?.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key, valueOfNode(value)]))
    case 'array':
      return node.items.map(valueOfNode)
    case 'string':
    case 'number':
    case 'boolean':
      return node.value
    case 'null':
      return null
    case undefined:
      return undefined
  }
}

export function memberOf(node: JsonNode | undefined, key: string): JsonNode | undefined {
  if (node?.kind !== 'object') return undefined
  return node.members.find((member) => member.key === key)?.value
}

export function textOf(node: JsonNode | undefined, key: string): string | undefined {
  const value = memberOf(node, key)
  return value?.kind === 'string' ? value.value : undefined
}

export function itemsOf(node: JsonNode | undefined, key: string): readonly JsonNode[] {
  const value = memberOf(node, key)
  return value?.kind === 'array' ? value.items : []
}

/** The object with a member put in, in the place of one with its key if there is one. */
export function withMember(node: ObjectNode, key: string, value: JsonNode): ObjectNode {
  const member: JsonMember = { key, keyOffset: value.offset, value }
  const isThere = node.members.some((each) => each.key === key)
  const members = isThere
    ? node.members.map((each) => (each.key === key ? { ...each, value } : each))
    : [...node.members, member]
  return { ...node, members }
}

/** The object with items put after those of its list at `key`, or before them. */
export function withItems(
  node: ObjectNode,
  key: string,
  items: readonly JsonNode[],
  place: 'before' | 'after' = 'after',
): ObjectNode {
  const [first] = items
  if (first === undefined) return node
  const there = memberOf(node, key)
  // A value that is no list is reported as such; nothing is put into it.
  if (there !== undefined && there.kind !== 'array') return node
  const own = there?.items ?? []
  const all = place === 'after' ? [...own, ...items] : [...items, ...own]
  return withMember(node, key, { kind: 'array', offset: there?.offset ?? first.offset, items: all })
}
