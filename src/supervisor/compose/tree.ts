import type { Position } from '../../checked-yaml/problem.ts'

/** Where a file's texts come from and what its relative paths and variables mean. */
export type Source = {
  readonly file: string
  /** What relative paths in it are relative to. */
  readonly directory: string
  /** Absent where variables are not substituted. */
  readonly variables?: Variables
}

export type Variables = ReadonlyMap<string, string>

export type Place = Position & { readonly source: Source }

/**
 * What Compose files say after anchors, merge keys and variables, each value with its place: values of
 * several files may stand in one tree.
 */
export type Tree = Mapping | Sequence | Value

export type Mapping = Node & {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}

export type Sequence = Node & { readonly kind: 'list'; readonly items: readonly Tree[] }

export type Value = Node & {
  readonly kind: 'value'
  readonly value: string | number | boolean | null
  /** As it is written, with its variables substituted; absent for nothing. */
  readonly text?: string
  /** Why its variables could not be substituted. */
  readonly mistake?: string
}

export type Entry = { readonly key: string; readonly keyNode: Value; readonly value: Tree }

type Node = {
  readonly place: Place
  /** How it goes together with what it overrides. */
  readonly tag?: MergeTag
}

export type MergeTag = 'reset' | 'override'

export function isTree(node: unknown): node is Tree {
  return typeof node === 'object' && node !== null && 'kind' in node && 'place' in node
}

/** A map of these entries in the place of another node. */
export function mapping(entries: Iterable<Entry>, { place, tag }: Tree): Mapping {
  const byKey = new Map([...entries].map((entry) => [entry.key, entry]))
  return { kind: 'map', entries: byKey, place, ...(tag === undefined ? {} : { tag }) }
}

/** A text that stands nowhere itself, in the place of another node. */
export function textAt(text: string, { place }: Tree): Value {
  return { kind: 'value', value: text, text, place }
}

/** The value at a path of keys. */
export function childAt(tree: Tree | undefined, ...path: readonly string[]): Tree | undefined {
  let node = tree
  for (const key of path) node = node?.kind === 'map' ? node.entries.get(key)?.value : undefined
  return node
}

/** As plain JSON, without places. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'value')
    return typeof tree.value === 'string' ? (tree.text ?? tree.value) : tree.value
  if (tree.kind === 'list') return tree.items.map(plain)
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]))
}
