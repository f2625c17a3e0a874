/**
 * A schema as data: what each field of a YAML file accepts. One value serves three readers: the
 * checker, which reports mistakes; the compiler, which holds it against the type; and the
 * reference page, which is generated from it.
 */

export type Field =
  | TextField
  | IntegerField
  | BooleanField
  | ListField
  | SectionListField
  | MapField
  | SectionField

type Described = {
  /** What the field is for, in one or two sentences. */
  readonly about: string
}

export type TextField = Described & {
  readonly kind: 'text'
  /** What a right value looks like; goes after "expected" in a message. */
  readonly expected: string
  readonly choices?: readonly string[]
  readonly pattern?: RegExp
  readonly default?: string
  /** May be absent, and then stays absent. */
  readonly optional?: true
}

export type IntegerField = Described & {
  readonly kind: 'integer'
  readonly minimum: number
  readonly maximum: number
  readonly default?: number
}

export type BooleanField = Described & {
  readonly kind: 'boolean'
  readonly default: boolean
}

/** A list of texts; an empty list when absent, unless it is `required`. */
export type ListField = Described & {
  readonly kind: 'list'
  readonly item: TextField
  readonly required?: true
  readonly default?: readonly string[]
}

/** A list of maps with known keys; an empty list when absent. */
export type SectionListField = Described & {
  readonly kind: 'sections'
  readonly item: SectionField
}

/** A map with keys of the author's choice; empty when absent, unless it is `required`. */
export type MapField = Described & {
  readonly kind: 'map'
  readonly key: TextField
  readonly value: Field
  readonly required?: true
}

/** A map with known keys. */
export type SectionField = Described & {
  readonly kind: 'section'
  readonly fields: Readonly<Record<string, Field>>
  readonly optional?: true
}

/** The schema that fits values of type T. */
export type FieldOf<T> = [T] extends [readonly string[]]
  ? ListField
  : [T] extends [string]
    ? TextField
    : [T] extends [number]
      ? IntegerField
      : [T] extends [boolean]
        ? BooleanField
        : [T] extends [readonly (infer Item)[]]
          ? SectionListField & { readonly item: SectionOf<Item> }
          : string extends keyof T
            ? MapField & { readonly value: FieldOf<T[keyof T]> }
            : SectionOf<T>

export type SectionOf<T> = SectionField & {
  readonly fields: { readonly [K in keyof T]-?: FieldOf<Exclude<T[K], undefined>> }
}

/** A section of a schema, with the types of its fields kept. */
export function section<Fields extends SectionField['fields']>(about: string, fields: Fields) {
  return { kind: 'section' as const, about, fields }
}

export function text(
  about: string,
  expected: string,
  rest: Omit<TextField, 'kind' | 'about' | 'expected'> = {},
): TextField {
  return { kind: 'text', about, expected, ...rest }
}
