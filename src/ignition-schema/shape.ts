/**
 * What a JSON value may look like, as data: one description is read by the checker, the search for
 * duplicates, the merge, the exporter of JSON Schema, and the compiler, which derives the types of a
 * config of each version from it.
 */
export type Shape = { readonly kind: 'string' | 'integer' | 'boolean' } | ListShape | ObjectShape

export type ListShape = {
  readonly kind: 'list'
  readonly item: Shape
  /** By what two items are one; without it a merge appends, and an item may be there twice. */
  readonly identity?: Identity
  /** Items may be null up to this minor version, and say the same as an empty text. */
  readonly nullItemsUntil?: number
}

export type ObjectShape = {
  readonly kind: 'object'
  readonly fields: Readonly<Record<string, Field>>
}

export type Field = {
  readonly shape: Shape
  /** The minor version of the specification that brought the field: 2 is 3.2.0. */
  readonly since: number
  /** Up to this minor version the field must be there: -1 never, 6 always. */
  readonly requiredUntil: number
  /** `null` says the same as leaving the field out, from this minor version on, … */
  readonly nullableFrom: number
  /** … and up to this one. */
  readonly nullableUntil: number
}

export type Identity = {
  readonly keyOf: (item: unknown) => string
  /** What an item is, as a problem names it. */
  readonly noun: string
  /** The field that a duplicate is reported at, if the item is an object. */
  readonly field?: string
  /** Lists of one object with the same name here have their keys in common. */
  readonly sharedAs?: string
  /** A rule of its own finds duplicates and says more about them. */
  readonly checkedElsewhere?: true
  /** In a merge an item without this field takes the one with the same key away. */
  readonly removedWithout?: string
}

export const newestMinor = 6
const never = -1

export const text = { kind: 'string' } as const
export const integer = { kind: 'integer' } as const
export const flag = { kind: 'boolean' } as const

export function list<const Item extends Shape>(item: Item, identity?: Identity) {
  return { kind: 'list', item, ...(identity === undefined ? {} : { identity }) } as const
}

export function object<const Fields extends ObjectShape['fields']>(fields: Fields) {
  return { kind: 'object', fields } as const
}

export function required<const S extends Shape>(shape: S) {
  return { ...omittable(shape), requiredUntil: newestMinor } as const
}

/** May be left out or null. */
export function optional<const S extends Shape>(shape: S): Optional<S, 0>
export function optional<const S extends Shape, const N extends number>(
  shape: S,
  since: N,
): Optional<S, N>
export function optional(shape: Shape, since = 0): Field {
  return { ...omittable(shape, since), nullableFrom: 0 }
}

/** May be left out, but not null. */
export function omittable<const S extends Shape>(shape: S): Optional<S, 0>
export function omittable<const S extends Shape, const N extends number>(
  shape: S,
  since: N,
): Optional<S, N>
export function omittable(shape: Shape, since = 0): Field {
  const nullableFrom = newestMinor + 1
  return { shape, since, requiredUntil: never, nullableFrom, nullableUntil: never }
}

type Optional<S extends Shape, N extends number> = Field & {
  readonly shape: S
  readonly since: N
  readonly requiredUntil: -1
}

/** A field of 3.0.0 that had to be there, and could not be null, up to a minor version. */
export function requiredUpTo<const N extends number, const S extends Shape>(
  minor: N,
  field: Field & { readonly shape: S },
) {
  const nullableFrom = Math.max(field.nullableFrom, minor + 1)
  return { ...field, since: 0, requiredUntil: minor, nullableFrom } as const
}

/** A field that could be null up to a minor version. */
export function nullableUpTo<const F extends Field>(minor: number, field: F): F {
  return { ...field, nullableUntil: minor }
}

/** Whether `field` may be null in a config of a minor version. */
export function isNullable({ nullableFrom, nullableUntil }: Field, minor: number): boolean {
  return minor >= nullableFrom || minor <= nullableUntil
}

/** The type of the values that have a shape in a minor version of the specification. */
export type ValueOf<S, Minor extends number = 6> = S extends { kind: 'string' }
  ? string
  : S extends { kind: 'integer' }
    ? number
    : S extends { kind: 'boolean' }
      ? boolean
      : S extends { kind: 'list'; item: infer Item }
        ? readonly ValueOf<Item, Minor>[]
        : S extends { kind: 'object'; fields: infer Fields }
          ? ObjectOf<Fields, Minor>
          : never

type ObjectOf<Fields, Minor extends number> = Flat<
  {
    readonly [K in keyof Fields as Presence<Fields[K], Minor> extends 'required'
      ? K
      : never]: FieldOf<Fields[K], Minor>
  } & {
    readonly [K in keyof Fields as Presence<Fields[K], Minor> extends 'optional'
      ? K
      : never]?: FieldOf<Fields[K], Minor>
  }
>
type FieldOf<F, Minor extends number> = F extends { shape: infer S } ? ValueOf<S, Minor> : never
type Flat<T> = { [K in keyof T]: T[K] }

type Presence<F, Minor extends number> = F extends { since: UpTo<Minor> }
  ? F extends { requiredUntil: From<Minor> }
    ? 'required'
    : 'optional'
  : 'absent'

/** The minor versions up to one: what a field has in `since` when that version has it. */
type UpTo<Minor extends number> = [
  0,
  0 | 1,
  0 | 1 | 2,
  0 | 1 | 2 | 3,
  0 | 1 | 2 | 3 | 4,
  0 | 1 | 2 | 3 | 4 | 5,
  0 | 1 | 2 | 3 | 4 | 5 | 6,
][Minor]
type From<Minor extends number> = Exclude<UpTo<6>, UpTo<Minor>> | Minor

/** A value of which wrong parts were left out: any field may be absent, any item undefined. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T
