/**
 * What a JSON value may look like, as data: one description is read by the checker, by the exporter
 * of JSON Schema, and by the compiler, which derives the types of a config from it.
 */
export type Shape =
  | { readonly kind: 'string' | 'integer' | 'boolean' }
  | { readonly kind: 'list'; readonly item: Shape }
  | ObjectShape

export type ObjectShape = {
  readonly kind: 'object'
  readonly fields: Readonly<Record<string, Field>>
}

export type Field = {
  readonly shape: Shape
  readonly required: boolean
  /** `null` says the same as leaving the field out. */
  readonly nullable: boolean
  /** The minor version of the specification that brought the field: 2 is 3.2.0. */
  readonly since: number
}

export const text = { kind: 'string' } as const
export const integer = { kind: 'integer' } as const
export const flag = { kind: 'boolean' } as const

export function list<const Item extends Shape>(item: Item) {
  return { kind: 'list', item } as const
}

export function object<const Fields extends ObjectShape['fields']>(fields: Fields) {
  return { kind: 'object', fields } as const
}

export function required<const S extends Shape>(shape: S) {
  return { shape, required: true, nullable: false, since: 0 } as const
}

/** May be left out or null. */
export function optional<const S extends Shape>(shape: S, since = 0) {
  return { shape, required: false, nullable: true, since } as const
}

/** May be left out, but not null. */
export function omittable<const S extends Shape>(shape: S, since = 0) {
  return { shape, required: false, nullable: false, since } as const
}

/** The type of the values that have a shape. */
export type ValueOf<S> = S extends { kind: 'string' }
  ? string
  : S extends { kind: 'integer' }
    ? number
    : S extends { kind: 'boolean' }
      ? boolean
      : S extends { kind: 'list'; item: infer Item }
        ? readonly ValueOf<Item>[]
        : S extends { kind: 'object'; fields: infer Fields }
          ? ObjectOf<Fields>
          : never

type ObjectOf<Fields> = Flat<
  {
    readonly [K in keyof Fields as Fields[K] extends { required: true } ? K : never]: FieldOf<
      Fields[K]
    >
  } & {
    readonly [K in keyof Fields as Fields[K] extends { required: true } ? never : K]?: FieldOf<
      Fields[K]
    >
  }
>
type FieldOf<F> = F extends { shape: infer S } ? ValueOf<S> : never
type Flat<T> = { [K in keyof T]: T[K] }

/** A value of which wrong parts were left out: any field may be absent, any item undefined. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T
