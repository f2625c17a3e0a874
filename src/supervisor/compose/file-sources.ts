import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { type ComposeFiles, unreadable } from './compose-files.ts'
import { Fields } from './fields.ts'
import type { Entry, NodeReader } from './node-reader.ts'

/** Configs or secrets of a file by their keys: the digests of what is in them. */
export type DeclaredFiles = ReadonlyMap<string, string>

/** What is in them, by digest; kept apart, so that no record and no plan has it. */
export type Contents = Map<string, Buffer>

export const configKeys = ['name', 'file', 'content', 'environment', 'external', 'labels'] as const
export const secretKeys = ['name', 'file', 'environment', 'external', 'labels'] as const

const noSwarm = 'there is no swarm that would have a driver for it'

export const refusedInConfigs = { template_driver: noSwarm }
export const refusedInSecrets = {
  template_driver: noSwarm,
  driver: noSwarm,
  driver_opts: noSwarm,
  content: 'a secret does not stand in the Compose file: write it into a file beside, or into .env',
}

type FileFields = Fields<(typeof configKeys)[number]>

/** Reads the top-level key `configs` or `secrets`; what is in them is added to `contents`. */
export function readFiles(
  reader: NodeReader,
  entry: Entry | undefined,
  kind: 'configs' | 'secrets',
  files: ComposeFiles,
  contents: Contents,
): DeclaredFiles {
  const digests = new Map<string, string>()
  if (entry === undefined || reader.isNothing(entry.value)) return digests
  const known = kind === 'configs' ? configKeys : secretKeys
  const refused = kind === 'configs' ? refusedInConfigs : refusedInSecrets
  for (const { key, keyNode, value } of reader.entries(entry.value, [kind]) ?? []) {
    const path = [kind, key]
    // Known whatever is wrong with it: only that is to be told.
    digests.set(key, '')
    const section = reader.section(value, path, known, refused)
    if (section === undefined) continue
    const bytes = readContent(new Fields(reader, path, section), keyNode, files)
    if (bytes === undefined) continue
    const digest = createHash('sha256').update(bytes).digest('hex')
    digests.set(key, digest)
    contents.set(digest, bytes)
  }
  return digests
}

function readContent(
  fields: FileFields,
  keyNode: unknown,
  files: ComposeFiles,
): Buffer | undefined {
  const { reader, path } = fields
  if (fields.has('external') && fields.flag('external') !== false)
    return fields.problem(
      'external',
      'there is no swarm that would keep it: say where its content is, by file or environment',
    )
  fields.text('name')
  const origins = (['file', 'content', 'environment'] as const).filter((key) => fields.has(key))
  if (origins.length !== 1)
    return reader.problem(keyNode, path, 'expected one of file, content, environment')
  const content = fields.text('content')
  if (content !== undefined) return Buffer.from(content)
  return (
    fields.read('file', (...at) => readFile(...at, files)) ??
    fields.read('environment', readVariable)
  )
}

function readFile(
  reader: NodeReader,
  node: unknown,
  at: FieldPath,
  files: ComposeFiles,
): Buffer | undefined {
  const named = reader.text(node, at, 'a path')
  if (named === undefined) return undefined
  const path = resolve(reader.sourceOf(node).directory, named)
  const content = files.read(path)
  if (content.kind === 'content') return content.bytes
  return reader.problem(node, at, unreadable(path, content))
}

function readVariable(reader: NodeReader, node: unknown, at: FieldPath): Buffer | undefined {
  const name = reader.text(node, at, 'the name of a variable')
  if (name === undefined) return undefined
  const value = reader.sourceOf(node).variables?.get(name)
  if (value !== undefined) return Buffer.from(value)
  return reader.problem(node, at, `the variable ${name} is not set in .env beside the file`)
}
