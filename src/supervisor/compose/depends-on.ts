import type { FieldPath } from '../../checked-yaml/problem.ts'
import { suggestion } from '../../checked-yaml/wording.ts'
import { Fields } from './fields.ts'
import type { NodeReader } from './node-reader.ts'
import type { Condition, Service } from './service.ts'

const conditions = ['service_started', 'service_healthy', 'service_completed_successfully'] as const

/** Reads `depends_on`: a list of services, or a map with a condition for each. */
export function readDependsOn(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  declared: readonly string[],
  inactive: readonly string[] = [],
): Pick<Service, 'dependsOn' | 'conditions' | 'restartWith'> {
  const found = new Map<string, Condition | undefined>()
  const restartWith: string[] = []
  const add = (
    name: string,
    at: unknown,
    where: FieldPath,
    { condition, required, restart }: Dependency,
  ) => {
    if (declared.includes(name)) {
      found.set(name, condition)
      if (restart) restartWith.push(name)
    } else if (required && inactive.includes(name))
      reader.problem(at, where, `the profiles of the service ${name} are switched off`)
    else if (required)
      reader.problem(at, where, `no such service in this file; ${suggestion(name, declared)}`)
  }
  if (reader.isList(node))
    for (const [index, item] of (reader.items(node, path) ?? []).entries()) {
      const where = [...path, index]
      const name = reader.text(item, where, 'the name of a service')
      if (name !== undefined)
        add(name, item, where, { condition: undefined, required: true, restart: false })
    }
  else
    for (const { key, keyNode, value } of reader.entries(node, path) ?? []) {
      const where = [...path, key]
      add(key, keyNode, where, readDependency(reader, keyNode, value, where))
    }
  if (found.size === 0) return {}
  const special = [...found].flatMap(([name, condition]) =>
    condition === undefined ? [] : [[name, condition] as const],
  )
  return {
    dependsOn: [...found.keys()],
    ...(special.length === 0 ? {} : { conditions: Object.fromEntries(special) }),
    ...(restartWith.length === 0 ? {} : { restartWith }),
  }
}

/** With services that it depends on without saying so: it shares their namespaces, and begins anew with them. */
export function alsoOn(
  names: readonly string[],
  said: Pick<Service, 'dependsOn' | 'conditions' | 'restartWith'> = {},
): Pick<Service, 'dependsOn' | 'conditions' | 'restartWith'> {
  const { dependsOn = [], restartWith = [] } = said
  const unsaid = names.filter((name) => !dependsOn.includes(name))
  if (unsaid.length === 0) return said
  return {
    ...said,
    dependsOn: [...dependsOn, ...unsaid],
    restartWith: [...restartWith, ...unsaid],
  }
}

type Dependency = {
  readonly condition: Condition | undefined
  /** False: a service that is not declared is not missed. */
  readonly required: boolean
  /** True: it is restarted after the other was replaced. */
  readonly restart: boolean
}

function readDependency(
  reader: NodeReader,
  keyNode: unknown,
  node: unknown,
  path: FieldPath,
): Dependency {
  const section = reader.section(node, path, ['condition', 'restart', 'required']) ?? {}
  const fields = new Fields(reader, path, section)
  if (!fields.has('condition')) reader.problem(keyNode, path, 'the key condition is missing')
  const condition = fields.parsed('condition', 'a condition', (text) => {
    const known = conditions.find((name) => name === text)
    if (known !== undefined) return known
    throw new RangeError(`expected ${conditions.join(', ')}; found "${text}"`)
  })
  return {
    condition: condition === 'service_started' ? undefined : condition,
    required: fields.flag('required') ?? true,
    restart: fields.flag('restart') ?? false,
  }
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
