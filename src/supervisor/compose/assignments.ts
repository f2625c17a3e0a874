import type { FieldPath } from '../../checked-yaml/problem.ts'
import { readEach } from './each.ts'
import type { NodeReader } from './node-reader.ts'

/** A map, or a list of `NAME=value`. A variable of an environment without a value is one of `.env`. */
export function readAssignments(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): Record<string, string> | undefined {
  const assignments: [string, string][] = []
  const fromEnvironment = (name: string, at: unknown, where: FieldPath) => {
    const value = reader.sourceOf(at).variables?.get(name)
    if (value !== undefined) assignments.push([name, value])
    else
      reader.problem(
        at,
        where,
        `expected a value: the variable ${name} is not set in .env beside the file; write "" for an empty one`,
      )
  }
  if (reader.isList(node)) {
    readEach(reader, node, path, (item, at) => {
      const text = reader.text(item, at, 'NAME=value')
      if (text === undefined) return undefined
      const equals = text.indexOf('=')
      if (equals > 0) assignments.push([text.slice(0, equals), text.slice(equals + 1)])
      else if (equals < 0 && isEnvironment(path)) fromEnvironment(text, item, at)
      else if (equals < 0 && takesBare(path)) assignments.push([text, ''])
      else reader.problem(item, at, `expected NAME=value, found "${text}"`)
      return undefined
    })
    return Object.fromEntries(assignments)
  }
  for (const { key, keyNode, value } of reader.entries(node, path) ?? []) {
    const at = [...path, key]
    if (key === '' || key.includes('=') || key.includes('\0'))
      reader.problem(keyNode, at, 'a name is not empty and has no "="')
    if (reader.isNothing(value)) {
      if (isEnvironment(path)) fromEnvironment(key, keyNode, at)
      else if (takesBare(path)) assignments.push([key, ''])
      else reader.problem(keyNode, at, 'expected a value; write "" for an empty one')
      continue
    }
    const text = reader.text(value, at, 'a text')
    if (text !== undefined) assignments.push([key, text])
  }
  return Object.fromEntries(assignments)
}

function isEnvironment(path: FieldPath): boolean {
  return path.at(-1) === 'environment'
}

function takesBare(path: FieldPath): boolean {
  return path.at(-1) === 'labels' || path.at(-1) === 'annotations'
}
