import type { FieldPath } from '../../checked-yaml/problem.ts'
import { readTexts } from './each.ts'
import type { NodeReader } from './node-reader.ts'
import { childAt, isTree, type Variables } from './tree.ts'

/** The profiles that are switched on: those of the variable COMPOSE_PROFILES, `*` for all. */
export function enabledProfiles(variables: Variables): readonly string[] {
  return (variables.get('COMPOSE_PROFILES') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** The profiles of a service; one without is always there. */
export function readProfiles(
  reader: NodeReader,
  service: unknown,
  path: FieldPath,
): readonly string[] {
  const node = isTree(service) ? childAt(service, 'profiles') : undefined
  if (node === undefined) return []
  return readTexts(reader, node, [...path, 'profiles'], 'the name of a profile', parseProfile) ?? []
}

export function isEnabled(profiles: readonly string[], enabled: readonly string[]): boolean {
  if (profiles.length === 0 || enabled.includes('*')) return true
  return profiles.some((name) => enabled.includes(name))
}

function parseProfile(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(text)) return text
  throw new RangeError(
    `expected two or more letters, digits, _ . -, beginning with a letter or digit, found "${text}"`,
  )
}
