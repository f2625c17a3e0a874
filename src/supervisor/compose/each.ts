import type { FieldPath } from '../../checked-yaml/problem.ts'
import type { NodeReader } from './node-reader.ts'

/** Reads each item of a list; those with a problem are left out. */
export function readEach<T>(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  read: (item: unknown, path: FieldPath) => T | undefined,
): T[] | undefined {
  return reader
    .items(node, path)
    ?.map((item, index) => read(item, [...path, index]))
    .filter((value) => value !== undefined)
}

/** A list of texts, each as `parse` understands it; a text alone is a list of one where `orOne` is set. */
export function readTexts<T = string>(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  expected: string,
  parse: (text: string) => T,
  { orOne = false } = {},
): T[] | undefined {
  if (orOne && !reader.isList(node)) {
    const one = reader.parsed(node, path, expected, parse)
    return one === undefined ? undefined : [one]
  }
  return readEach(reader, node, path, (item, at) => reader.parsed(item, at, expected, parse))
}
