import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml'
import { parseYaml, type YamlDocument } from '../../checked-yaml/document.ts'
import { type FieldPath, type Problem, pathText } from '../../checked-yaml/problem.ts'
import { found } from '../../checked-yaml/wording.ts'
import { interpolate } from './interpolation.ts'
import type { Entry, MergeTag, Source, Tree, Value } from './tree.ts'

/** More than a person writes; aliases of aliases could ask for any number. */
const mostValues = 100_000

/** Reads a YAML text with anchors, aliases, merge keys (`<<`) and variables; never throws for what it contains. */
export function readTree(
  text: string,
  source: Source,
): { readonly tree?: Tree; readonly problems: readonly Problem[] } {
  const document = parseYaml(text, source.file)
  if (document.problems.length > 0) return { problems: document.problems }
  const builder = new TreeBuilder(document, source)
  const tree = builder.build(document.contents, [])
  if (builder.problems.length === 0 && builder.sizeOf(tree) > mostValues)
    builder.problem(document.contents, [], `its aliases make more than ${mostValues} values`)
  return builder.problems.length > 0 ? { problems: builder.problems } : { tree, problems: [] }
}

class TreeBuilder {
  readonly problems: Problem[] = []
  readonly #document: YamlDocument
  readonly #source: Source
  readonly #targets: ReadonlyMap<Alias, Node>
  readonly #cyclic: ReadonlySet<Alias>
  /** What aliases share is built once. */
  readonly #built = new Map<unknown, Tree>()
  readonly #sizes = new Map<Tree, number>()

  constructor(document: YamlDocument, source: Source) {
    this.#document = document
    this.#source = source
    const { targets, cyclic } = aliasTargets(document.contents)
    this.#targets = targets
    this.#cyclic = new Set(cyclic)
    for (const alias of cyclic)
      this.problem(alias, [], `the alias *${alias.source} stands inside its own anchor: a cycle`)
  }

  build(node: unknown, path: FieldPath): Tree {
    const known = this.#built.get(node)
    if (known !== undefined) return known
    const tree = this.#build(node, path)
    if (node !== null) this.#built.set(node, tree)
    return tree
  }

  problem(node: unknown, path: FieldPath, message: string): void {
    const { file } = this.#document
    const place = this.#document.positionOf(node)
    this.problems.push({ file, ...place, path: pathText(path), message })
  }

  sizeOf(tree: Tree): number {
    if (tree.kind === 'value') return 1
    const known = this.#sizes.get(tree)
    if (known !== undefined) return known
    const inner =
      tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value)
    const size = inner.reduce((sum, one) => sum + this.sizeOf(one), 1)
    this.#sizes.set(tree, size)
    return size
  }

  #build(node: unknown, path: FieldPath): Tree {
    if (isAlias(node)) return this.#aliased(node, path)
    const place = { ...this.#document.positionOf(node), source: this.#source }
    const same = { place, ...tagOf(node) }
    if (isSeq(node))
      return {
        kind: 'list',
        items: node.items.map((item, index) => this.build(item, [...path, index])),
        ...same,
      }
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, path), ...same }
    return { ...this.#value(node), ...same }
  }

  #aliased(alias: Alias, path: FieldPath): Tree {
    const target = this.#cyclic.has(alias) ? undefined : this.#targets.get(alias)
    if (target !== undefined) return this.build(target, path)
    if (!this.#cyclic.has(alias))
      this.problem(alias, path, `no anchor &${alias.source} stands before this alias`)
    return nothingAt({ ...this.#document.positionOf(alias), source: this.#source })
  }

  /** Own entries win over those that merge keys bring. */
  #entries(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    path: FieldPath,
  ): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    const merged: Entry[] = []
    for (const { key: keyNode, value } of items) {
      const key = isScalar(keyNode) ? String(keyNode.value) : undefined
      if (key === undefined) {
        this.problem(keyNode, path, 'expected a text as key')
        continue
      }
      if (key === '<<') {
        merged.push(...this.#merged(value, path))
        continue
      }
      // What only anchors refer to may say anything.
      if (path.length === 0 && key.startsWith('x-')) continue
      const place = { ...this.#document.positionOf(keyNode), source: this.#source }
      const name: Value = { kind: 'value', value: key, text: key, place }
      // A key without a value is where it stands.
      const built =
        value === null || value === undefined ? nothingAt(place) : this.build(value, [...path, key])
      entries.set(key, { key, keyNode: name, value: built })
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry)
    return entries
  }

  #merged(node: unknown, path: FieldPath): Entry[] {
    const at = [...path, '<<']
    const tree = this.build(node, at)
    const sources = tree.kind === 'list' ? tree.items : [tree]
    return sources.flatMap((one) => {
      if (one.kind === 'map') return [...one.entries.values()]
      if (!isAlias(node) || !this.#cyclic.has(node))
        this.problem(node, at, `expected a map, found ${found(node)}`)
      return []
    })
  }

  #value(node: unknown): Pick<Value, 'kind' | 'value' | 'text' | 'mistake'> {
    if (!isScalar(node) || node.value === null) return { kind: 'value', value: null }
    const { value } = node
    if (typeof value !== 'string') {
      const known = typeof value === 'number' || typeof value === 'boolean' ? value : null
      const text = written(node)
      return { kind: 'value', value: known, ...(text === undefined ? {} : { text }) }
    }
    const result = interpolate(value, this.#source.variables)
    return 'mistake' in result
      ? { kind: 'value', value, mistake: result.mistake }
      : { kind: 'value', value: result.text, text: result.text }
  }
}

function nothingAt(place: Value['place']): Value {
  return { kind: 'value', value: null, place }
}

function written(scalar: Scalar): string | undefined {
  if (typeof scalar.value === 'number' || typeof scalar.value === 'boolean')
    return scalar.source ?? String(scalar.value)
  return undefined
}

function tagOf(node: unknown): { tag?: MergeTag } {
  const tag = isMap(node) || isSeq(node) || isScalar(node) ? node.tag : undefined
  if (tag === '!reset') return { tag: 'reset' }
  return tag === '!override' ? { tag: 'override' } : {}
}

/** For each alias the node of the last anchor of its name before it; cyclic ones apart. */
function aliasTargets(root: unknown): { targets: Map<Alias, Node>; cyclic: Alias[] } {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  const cyclic: Alias[] = []
  const walk = (node: unknown, ancestors: readonly unknown[]): void => {
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target !== undefined && ancestors.includes(target)) cyclic.push(node)
      else if (target !== undefined) targets.set(node, target)
      return
    }
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined)
      anchors.set(node.anchor, node)
    const inner = [...ancestors, node]
    if (isSeq(node)) for (const item of node.items) walk(item, inner)
    if (isMap(node))
      for (const { key, value } of node.items) {
        walk(key, inner)
        walk(value, inner)
      }
  }
  walk(root, [])
  return { targets, cyclic }
}
