import { posix } from 'node:path'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { suggestion } from '../../checked-yaml/wording.ts'
import type { ContainerFile } from '../containers/spec.ts'
import { readEach } from './each.ts'
import { Fields } from './fields.ts'
import type { DeclaredFiles } from './file-sources.ts'
import { absolutePath } from './mounts.ts'
import type { NodeReader } from './node-reader.ts'

export const grantKeys = ['source', 'target', 'uid', 'gid', 'mode'] as const

/** Reads `configs` or `secrets` of a service: names, or maps that also say where and for whom. */
export function readGrantedFiles(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  declared: DeclaredFiles,
): readonly ContainerFile[] {
  const directory = path.at(-1) === 'secrets' ? '/run/secrets' : '/'
  return (
    readEach(reader, node, path, (item, at) => {
      const long = reader.isMap(item)
      const section = long
        ? reader.section(item, at, grantKeys)
        : { source: { key: 'source', keyNode: item, value: item } }
      if (section === undefined) return undefined
      if (section.source === undefined) return reader.problem(item, at, 'the key source is missing')
      const source = reader.text(section.source.value, at, 'a name')
      if (source === undefined) return undefined
      const digest = declared.get(source)
      if (digest === undefined)
        return reader.problem(
          section.source.value,
          at,
          `${source} is not declared under the top-level key ${path.at(-1)}; ${suggestion(source, [...declared.keys()])}`,
        )
      const fields = new Fields<'target' | 'uid' | 'gid' | 'mode'>(
        reader,
        at,
        long ? (section as object) : {},
      )
      const target = fields.parsed('target', 'a path', (text) =>
        absolutePath(posix.resolve(directory, text)),
      )
      return {
        target: target ?? posix.join(directory, source),
        uid: fields.parsed('uid', 'a number', parseId) ?? 0,
        gid: fields.parsed('gid', 'a number', parseId) ?? 0,
        mode: fields.parsed('mode', 'a mode', parseMode) ?? 0o444,
        digest,
      }
    }) ?? []
  )
}

function parseId(text: string): number {
  const id = Number(text)
  if (/^\d+$/.test(text) && id < 2 ** 32 - 1) return id
  throw new RangeError(`expected the number of a user or group, found "${text}"`)
}

/** Octal, as chmod takes it. */
function parseMode(text: string): number {
  if (/^(?:0?o)?[0-7]{3,4}$/.test(text)) return Number.parseInt(text.replace(/^0?o/, ''), 8)
  throw new RangeError(`expected a mode in octal such as 0440, found "${text}"`)
}
