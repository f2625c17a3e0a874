import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml'
import { parseYaml, type YamlDocument } from '../../checked-yaml/document.ts'
import { type FieldPath, type Problem, pathText } from '../../checked-yaml/problem.ts'
import { found, suggestion } from '../../checked-yaml/wording.ts'
import { interpolate } from './interpolation.ts'

export type Entry = { readonly key: string; readonly keyNode: unknown; readonly value: unknown }

/**
 * Reads the values of a YAML document with anchors, aliases and merge keys (`<<`), and collects a
 * problem with its place for everything that is not as expected.
 */
export class NodeReader {
  readonly problems: Problem[]
  readonly #document: YamlDocument
  readonly #targets: ReadonlyMap<Alias, Node>
  /** An alias inside its own anchor has been reported once; reading it again would never end. */
  readonly #cyclic = new Set<Alias>()

  constructor(text: string, file: string) {
    this.#document = parseYaml(text, file)
    this.problems = [...this.#document.problems]
    const { targets, cyclic } = aliasTargets(this.#document.contents)
    this.#targets = targets
    for (const alias of cyclic) {
      this.#cyclic.add(alias)
      this.problem(alias, [], `the alias *${alias.source} stands inside its own anchor: a cycle`)
    }
  }

  get root(): unknown {
    return this.#document.contents
  }

  problem(node: unknown, path: FieldPath, message: string): undefined {
    const { file } = this.#document
    const place = this.#document.positionOf(node)
    this.problems.push({ file, ...place, path: pathText(path), message })
    return undefined
  }

  /** The node behind an alias; undefined after a problem was reported. */
  follow(node: unknown, path: FieldPath): unknown {
    if (!isAlias(node)) return node
    if (this.#cyclic.has(node)) return undefined
    const target = this.#targets.get(node)
    return target ?? this.problem(node, path, `no anchor &${node.source} stands before this alias`)
  }

  /** The entries of a map, with those that its merge keys bring; own entries win. */
  entries(node: unknown, path: FieldPath): Entry[] | undefined {
    const map = this.follow(node, path)
    if (map === undefined) return undefined
    if (!isMap(map)) return this.problem(node, path, `expected a map, found ${found(map)}`)
    const entries = new Map<string, Entry>()
    const merged: Entry[] = []
    for (const { key: keyNode, value } of map.items) {
      const key = isScalar(keyNode) ? String(keyNode.value) : undefined
      if (key === undefined) this.problem(keyNode ?? map, path, 'expected a text as key')
      else if (key === '<<') merged.push(...this.#merged(value, path))
      else entries.set(key, { key, keyNode, value })
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry)
    return [...entries.values()]
  }

  /** As `entries`, for a map whose keys are fixed: each other key is refused by name. */
  section<Key extends string>(
    node: unknown,
    path: FieldPath,
    known: readonly Key[],
    refused: Readonly<Record<string, string>> = {},
  ): Partial<Record<Key, Entry>> | undefined {
    const entries = this.entries(node, path)
    if (entries === undefined) return undefined
    const section: Partial<Record<Key, Entry>> = {}
    for (const entry of entries) {
      const key = known.find((name) => name === entry.key)
      if (key !== undefined) section[key] = entry
      else if (path.length === 0 && entry.key.startsWith('x-')) continue
      else
        this.problem(
          entry.keyNode,
          [...path, entry.key],
          refused[entry.key] ?? `unknown key; ${suggestion(entry.key, known)}`,
        )
    }
    return section
  }

  items(node: unknown, path: FieldPath): readonly unknown[] | undefined {
    const list = this.follow(node, path)
    if (list === undefined) return undefined
    if (isSeq(list)) return list.items
    return this.problem(node, path, `expected a list, found ${found(list)}`)
  }

  isList(node: unknown): boolean {
    return isSeq(this.follow(node, []))
  }

  isMap(node: unknown): boolean {
    return isMap(this.follow(node, []))
  }

  isNothing(node: unknown): boolean {
    return node === null || node === undefined || (isScalar(node) && node.value === null)
  }

  /** A text, or a number as it is written; `$$` becomes `$`, other uses of `$` are refused. */
  text(node: unknown, path: FieldPath, expected: string): string | undefined {
    const target = this.follow(node, path)
    if (target === undefined && node !== null) return undefined
    const value = isScalar(target) ? asWritten(target) : undefined
    if (value === undefined)
      return this.problem(node, path, `expected ${expected}, found ${found(target)}`)
    const result = interpolate(value)
    if ('mistake' in result) return this.problem(node, path, result.mistake)
    return result.text
  }

  /** A text that `parse` understands; it throws a RangeError that says what is wrong. */
  parsed<T>(
    node: unknown,
    path: FieldPath,
    expected: string,
    parse: (text: string) => T,
  ): T | undefined {
    const text = this.text(node, path, expected)
    if (text === undefined) return undefined
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return this.problem(node, path, error.message)
    }
  }

  boolean(node: unknown, path: FieldPath): boolean | undefined {
    const target = this.follow(node, path)
    if (isScalar(target) && typeof target.value === 'boolean') return target.value
    return this.problem(node, path, `expected true or false, found ${found(target)}`)
  }

  #merged(node: unknown, path: FieldPath): Entry[] {
    const target = this.follow(node, path)
    const sources = isSeq(target) ? target.items : [target]
    return sources.flatMap((source) =>
      source === undefined ? [] : (this.entries(source, [...path, '<<']) ?? []),
    )
  }
}

function asWritten(scalar: Scalar): string | undefined {
  if (typeof scalar.value === 'string') return scalar.value
  if (typeof scalar.value === 'number' || typeof scalar.value === 'boolean')
    return scalar.source ?? String(scalar.value)
  return undefined
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
