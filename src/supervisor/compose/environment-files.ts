import { resolve } from 'node:path'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { type ComposeFiles, unreadable } from './compose-files.ts'
import { type EnvFile, parseEnvFile, parseRawEnvFile } from './env-file.ts'
import { Fields } from './fields.ts'
import type { NodeReader } from './node-reader.ts'
import { isTree, type Tree } from './tree.ts'

export const environmentFileKeys = ['path', 'required', 'format'] as const

/** Reads `env_file` or `label_file`: a path, a list of them, or maps with `path`, `required`, `format`. */
export function readEnvironmentFiles(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  files: ComposeFiles,
): Record<string, string> {
  const values = new Map<string, string>()
  const items = reader.isList(node) ? reader.items(node, path) : isTree(node) ? [node] : []
  for (const [index, item] of (items ?? []).entries()) {
    const at = reader.isList(node) ? [...path, index] : path
    for (const [name, value] of readOne(reader, item, at, files, values)?.values ?? [])
      values.set(name, value)
  }
  return Object.fromEntries(values)
}

function readOne(
  reader: NodeReader,
  item: Tree,
  at: FieldPath,
  files: ComposeFiles,
  before: ReadonlyMap<string, string>,
): EnvFile | undefined {
  const section = reader.isMap(item)
    ? reader.section(item, at, environmentFileKeys)
    : { path: { key: 'path', keyNode: undefined, value: item } }
  if (section === undefined) return undefined
  const { directory, variables = [] } = reader.sourceOf(item)
  if (section.path === undefined) return reader.problem(item, at, 'the key path is missing')
  const named = reader.text(section.path.value, at, 'a path')
  const fields = new Fields<'required' | 'format'>(
    reader,
    at,
    reader.isMap(item) ? (section as object) : {},
  )
  const required = fields.flag('required') ?? true
  const format = fields.parsed('format', 'raw', (text) => {
    if (text === 'raw') return text
    throw new RangeError(`expected raw, found "${text}"`)
  })
  if (named === undefined) return undefined
  const path = resolve(directory, named)
  const content = files.read(path)
  if (content.kind === 'absent' && !required) return undefined
  if (content.kind !== 'content')
    return reader.problem(section.path.value, at, unreadable(path, content))
  const text = content.bytes.toString('utf8')
  const read =
    format === 'raw'
      ? parseRawEnvFile(text, path)
      : parseEnvFile(text, path, new Map([...before, ...variables]))
  reader.problems.push(...read.problems)
  return read
}
