import { dirname, join, resolve } from 'node:path'
import type { FieldPath, Problem } from '../../checked-yaml/problem.ts'
import { type ComposeFiles, unreadable } from './compose-files.ts'
import { readTexts } from './each.ts'
import { parseEnvFile } from './env-file.ts'
import { ExtendedServices } from './extends.ts'
import { cleared, merged } from './merge.ts'
import { NodeReader } from './node-reader.ts'
import { readTree } from './read-tree.ts'
import { type Entry, mapping, plain, type Tree, type Variables } from './tree.ts'

/** What a Compose file, those over it and those that it includes and extends say together. */
export type Model = { readonly tree?: Tree; readonly variables: Variables }

/** A file and its text. */
export type ModelFile = { readonly file: string; readonly text: string }

/** More than a person writes; files that include each other twice would make any number. */
const mostFiles = 200

export const includeKeys = ['path', 'project_directory', 'env_file'] as const

const included = ['services', 'networks', 'volumes', 'configs', 'secrets'] as const

/** Loads models; what is wrong is in `problems`. */
export class ModelLoader {
  readonly problems: Problem[] = []
  readonly #files: ComposeFiles
  #count = 0

  constructor(files: ComposeFiles) {
    this.#files = files
  }

  /** The first of the files, with the others over it in order. */
  load(files: readonly ModelFile[], directory: string): Model {
    const variables = this.#variables([join(directory, '.env')], new Map())
    const tree = this.#load(files, directory, variables, [])
    return { variables, ...(tree === undefined ? {} : { tree }) }
  }

  /** The text of a file that a node names; a problem there when it cannot be had. */
  textAt(path: string, reader: NodeReader, node: unknown, at: FieldPath): string | undefined {
    if (++this.#count > mostFiles)
      return reader.problem(node, at, `more than ${mostFiles} files belong to this project`)
    const content = this.#files.read(path)
    if (content.kind === 'content') return content.bytes.toString('utf8')
    return reader.problem(node, at, unreadable(path, content))
  }

  #load(
    files: readonly ModelFile[],
    directory: string,
    variables: Variables,
    chain: readonly string[],
  ): Tree | undefined {
    let tree: Tree | undefined
    for (const { file, text } of files) {
      const read = readTree(text, { file, directory, variables })
      this.problems.push(...read.problems)
      if (read.tree === undefined) return undefined
      // What is to be reset is known only when all is together.
      const extended = new ExtendedServices(this, variables).resolve(read.tree)
      tree = tree === undefined ? extended : merged(tree, extended, [])
    }
    if (tree === undefined) return undefined
    return this.#withIncluded(cleared(tree), variables, [...chain, files[0]?.file ?? ''])
  }

  /** With the resources of those that it includes; one of the same name has to be the same. */
  #withIncluded(tree: Tree, variables: Variables, chain: readonly string[]): Tree {
    const include = tree.kind === 'map' ? tree.entries.get('include') : undefined
    if (tree.kind !== 'map' || include === undefined) return tree
    const entries = new Map(tree.entries)
    entries.delete('include')
    const reader = new NodeReader(tree)
    for (const [index, item] of (reader.items(include.value, ['include']) ?? []).entries()) {
      const other = this.#include(reader, item, ['include', index], variables, chain)
      if (other?.kind !== 'map') continue
      for (const key of included) {
        const more = other.entries.get(key)
        if (more !== undefined) entries.set(key, this.#together(reader, entries.get(key), more))
      }
    }
    this.problems.push(...reader.problems)
    return mapping(entries.values(), tree)
  }

  #include(
    reader: NodeReader,
    item: Tree,
    at: FieldPath,
    variables: Variables,
    chain: readonly string[],
  ): Tree | undefined {
    const long = reader.isMap(item)
    const section = long ? reader.section(item, at, includeKeys) : undefined
    const from = reader.sourceOf(item).directory
    const texts = (entry: Entry | undefined) =>
      entry &&
      readTexts(reader, entry.value, [...at, entry.key], 'a path', (text) => resolve(from, text), {
        orOne: true,
      })
    const one = long ? undefined : reader.text(item, at, 'a path')
    const paths = long ? texts(section?.path) : one === undefined ? [] : [resolve(from, one)]
    const [first] = paths ?? []
    if (paths === undefined || first === undefined)
      return long && section?.path === undefined
        ? reader.problem(item, at, 'the key path is missing')
        : undefined
    if (chain.includes(first))
      return reader.problem(
        item,
        at,
        `the files include each other: ${[...chain, first].join(' → ')}`,
      )
    const directory = texts(section?.project_directory)?.[0] ?? dirname(first)
    const files = paths.flatMap((file) => {
      const text = this.textAt(file, reader, item, at)
      return text === undefined ? [] : [{ file, text }]
    })
    if (files.length < paths.length) return undefined
    const environment = texts(section?.env_file) ?? [join(directory, '.env')]
    return this.#load(files, directory, this.#variables(environment, variables), chain)
  }

  #together(reader: NodeReader, own: Entry | undefined, more: Entry): Entry {
    if (own === undefined || own.value.kind !== 'map' || more.value.kind !== 'map') return more
    const entries = new Map(own.value.entries)
    for (const entry of more.value.entries.values()) {
      const before = entries.get(entry.key)
      if (before !== undefined && !isSame(before.value, entry.value))
        reader.problem(
          before.keyNode,
          [own.key, entry.key],
          `${entry.keyNode.place.source.file}, which is included, has another one of this name`,
        )
      else entries.set(entry.key, entry)
    }
    return { ...own, value: mapping(entries.values(), own.value) }
  }

  /** Of files that need not be there; `above` wins. */
  #variables(paths: readonly string[], above: Variables): Variables {
    const variables = new Map<string, string>()
    for (const path of paths) {
      const content = this.#files.read(path)
      if (content.kind === 'refused') this.#wholeFile(path, content.reason)
      if (content.kind !== 'content') continue
      const known = new Map([...variables, ...above])
      const { values, problems } = parseEnvFile(content.bytes.toString('utf8'), path, known)
      this.problems.push(...problems)
      for (const [name, value] of values) variables.set(name, value)
    }
    return new Map([...variables, ...above])
  }

  #wholeFile(file: string, message: string): void {
    this.problems.push({ file, line: 1, column: 1, path: '', message })
  }
}

function isSame(a: Tree, b: Tree): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b))
}
