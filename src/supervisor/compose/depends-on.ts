import type { FieldPath } from '../../checked-yaml/problem.ts'
import { suggestion } from '../../checked-yaml/wording.ts'
import type { NodeReader } from './node-reader.ts'
import type { Service } from './service.ts'

const refusedConditions: Readonly<Record<string, string>> = {
  service_healthy: 'not supported yet: the health of containers is not checked',
  service_completed_successfully: 'not supported yet',
}

/**
 * Reads `depends_on`: a list of services, or a map with a condition for each. Of the long syntax only
 * what means the same as the short one is known; the rest would promise what does not happen.
 */
export function readDependsOn(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  declared: readonly string[],
): readonly string[] {
  const names: string[] = []
  const add = (name: string, at: unknown, where: FieldPath) => {
    if (!declared.includes(name))
      reader.problem(at, where, `no such service in this file; ${suggestion(name, declared)}`)
    else if (!names.includes(name)) names.push(name)
  }
  if (reader.isList(node))
    for (const [index, item] of (reader.items(node, path) ?? []).entries()) {
      const where = [...path, index]
      const name = reader.text(item, where, 'the name of a service')
      if (name !== undefined) add(name, item, where)
    }
  else
    for (const { key, keyNode, value } of reader.entries(node, path) ?? []) {
      const where = [...path, key]
      readCondition(reader, keyNode, value, where)
      add(key, keyNode, where)
    }
  return names
}

function readCondition(reader: NodeReader, keyNode: unknown, node: unknown, path: FieldPath): void {
  const fields = reader.section(node, path, ['condition', 'restart', 'required'])
  if (fields === undefined) return
  const { condition, restart, required } = fields
  if (condition === undefined) reader.problem(keyNode, path, 'the key condition is missing')
  else
    reader.parsed(condition.value, [...path, 'condition'], 'a condition', (text) => {
      if (text === 'service_started') return
      const reason = Object.hasOwn(refusedConditions, text) ? refusedConditions[text] : undefined
      throw new RangeError(
        reason === undefined
          ? `expected service_started, found "${text}"`
          : `${text} is ${reason}; write service_started`,
      )
    })
  // What `docker compose config` writes where nothing else is asked for is let through.
  if (restart && reader.boolean(restart.value, [...path, 'restart']) === true)
    reader.problem(restart.value, [...path, 'restart'], 'not supported yet')
  if (required && reader.boolean(required.value, [...path, 'required']) === false)
    reader.problem(required.value, [...path, 'required'], 'not supported yet')
}

/** Services that wait for each other in a ring, the first one again at the end; undefined for none. */
export function dependencyCycle(
  services: readonly Pick<Service, 'name' | 'dependsOn'>[],
): readonly string[] | undefined {
  const dependencies = new Map(services.map(({ name, dependsOn = [] }) => [name, dependsOn]))
  const cleared = new Set<string>()
  const from = (name: string, way: readonly string[]): readonly string[] | undefined => {
    const begun = way.indexOf(name)
    if (begun >= 0) return [...way.slice(begun), name]
    if (cleared.has(name)) return undefined
    for (const next of dependencies.get(name) ?? []) {
      const cycle = from(next, [...way, name])
      if (cycle !== undefined) return cycle
    }
    cleared.add(name)
    return undefined
  }
  for (const { name } of services) {
    const cycle = from(name, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
