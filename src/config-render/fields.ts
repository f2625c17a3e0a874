import type { Field, ObjectShape, Shape } from '../ignition-schema/shape.ts'
import { snakeCase } from './names.ts'

/**
 * The keys that Butane has beyond Ignition's, by the place of their map (`*` is an item of a list),
 * each with the minor version of Ignition that the first version of a variant with it renders to.
 */
const sugar: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  storage: { trees: 1 },
  'storage.filesystems.*': { with_mount_unit: 1 },
  'storage.files.*.contents': { inline: 0, local: 1 },
  'storage.files.*.append.*': { inline: 0, local: 1 },
  'storage.luks.*.key_file': { inline: 1, local: 1 },
  'ignition.config.merge.*': { inline: 1, local: 1 },
  'ignition.config.replace': { inline: 1, local: 1 },
  'ignition.security.tls.certificate_authorities.*': { inline: 1, local: 1 },
  'passwd.users.*': { ssh_authorized_keys_local: 4 },
  'systemd.units.*': { contents_local: 4 },
  'systemd.units.*.dropins.*': { contents_local: 4 },
}

/** What a key of a YAML map stands for. */
export type KnownKey =
  | { readonly kind: 'field'; readonly name: string; readonly shape: Shape }
  | { readonly kind: 'sugar' }

/** The keys of a map in one minor version of Ignition, and those that came later. */
export type KnownKeys = {
  readonly keys: ReadonlyMap<string, KnownKey>
  readonly newer: ReadonlySet<string>
}

/** The keys that the map at `place` may have, of which the result has `shape`. */
export function knownKeys(shape: ObjectShape, place: string, minor: number): KnownKeys {
  const keys = new Map<string, KnownKey>()
  const newer = new Set<string>()
  for (const [name, field] of Object.entries<Field>(shape.fields)) {
    if (place === 'ignition' && name === 'version') continue
    const key = snakeCase(name)
    if (field.since <= minor) keys.set(key, { kind: 'field', name, shape: field.shape })
    else newer.add(key)
  }
  for (const [key, since] of Object.entries(sugar[place] ?? {}))
    if (since <= minor) keys.set(key, { kind: 'sugar' })
    else newer.add(key)
  return { keys, newer }
}

/** `['storage', 'files', 0]` as `storage.files.*`. */
export function placeOf(path: readonly (string | number)[]): string {
  return path.map((step) => (typeof step === 'number' ? '*' : step)).join('.')
}

/** Every name of a field of the specification, for messages about the result. */
export function fieldNames(shape: Shape): Set<string> {
  if (shape.kind === 'list') return fieldNames(shape.item)
  if (shape.kind !== 'object') return new Set()
  const inner = Object.entries(shape.fields)
  return new Set(inner.flatMap(([name, field]) => [name, ...fieldNames(field.shape)]))
}
