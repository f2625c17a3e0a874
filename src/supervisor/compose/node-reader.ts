import { dirname } from 'node:path'
import { type FieldPath, type Problem, pathText } from '../../checked-yaml/problem.ts'
import { suggestion } from '../../checked-yaml/wording.ts'
import { readTree } from './read-tree.ts'
import { type Entry, isTree, type Source, type Tree } from './tree.ts'

export type { Entry } from './tree.ts'

/** Reads the values of a tree, and collects a problem with its place for everything that is not as expected. */
export class NodeReader {
  readonly problems: Problem[] = []
  readonly root: Tree

  constructor(root: Tree) {
    this.root = root
  }

  /** Of a text by itself, whose variables are not substituted. */
  static ofText(text: string, file: string): NodeReader {
    const source = { file, directory: dirname(file) }
    const { tree, problems } = readTree(text, source)
    const nothing = { kind: 'value', value: null, place: { line: 1, column: 1, source } } as const
    const reader = new NodeReader(tree ?? nothing)
    reader.problems.push(...problems)
    return reader
  }

  /** What a node's relative paths and variables mean. */
  sourceOf(node: unknown): Source {
    return isTree(node) ? node.place.source : this.root.place.source
  }

  problem(node: unknown, path: FieldPath, message: string): undefined {
    const { line, column } = isTree(node) ? node.place : { line: 1, column: 1 }
    const { file } = this.sourceOf(node)
    this.problems.push({ file, line, column, path: pathText(path), message })
    return undefined
  }

  entries(node: unknown, path: FieldPath): Entry[] | undefined {
    if (isTree(node) && node.kind === 'map') return [...node.entries.values()]
    return this.problem(node, path, `expected a map, found ${found(node)}`)
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
      else if (entry.key.startsWith('x-')) continue
      else
        this.problem(
          entry.keyNode,
          [...path, entry.key],
          (Object.hasOwn(refused, entry.key) ? refused[entry.key] : undefined) ??
            `unknown key; ${suggestion(entry.key, known)}`,
        )
    }
    return section
  }

  items(node: unknown, path: FieldPath): readonly Tree[] | undefined {
    if (isTree(node) && node.kind === 'list') return node.items
    return this.problem(node, path, `expected a list, found ${found(node)}`)
  }

  isList(node: unknown): boolean {
    return isTree(node) && node.kind === 'list'
  }

  isMap(node: unknown): boolean {
    return isTree(node) && node.kind === 'map'
  }

  isNothing(node: unknown): boolean {
    return !isTree(node) || (node.kind === 'value' && node.value === null)
  }

  /** A text, or a number as it is written, with its variables substituted. */
  text(node: unknown, path: FieldPath, expected: string): string | undefined {
    if (isTree(node) && node.kind === 'value') {
      if (node.mistake !== undefined) return this.problem(node, path, node.mistake)
      if (node.text !== undefined) return node.text
    }
    return this.problem(node, path, `expected ${expected}, found ${found(node)}`)
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

  /** True or false, also as the text that a variable stands for. */
  boolean(node: unknown, path: FieldPath): boolean | undefined {
    if (isTree(node) && node.kind === 'value') {
      if (node.mistake !== undefined) return this.problem(node, path, node.mistake)
      if (typeof node.value === 'boolean') return node.value
      if (node.value === 'true' || node.value === 'false') return node.value === 'true'
    }
    return this.problem(node, path, `expected true or false, found ${found(node)}`)
  }
}

function found(node: unknown): string {
  if (!isTree(node)) return 'nothing'
  if (node.kind !== 'value') return `a ${node.kind}`
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'string') return `"${node.value}"`
  return `the ${typeof node.value} ${String(node.value)}`
}
