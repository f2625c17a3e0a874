import { isValues, type Value, type Values } from './check.ts'
import type { FieldPath } from './problem.ts'
import type { Field, SectionField, SectionOf } from './schema.ts'
import { expectation } from './wording.ts'

/** A field that must be there and is not. */
export type MissingField = { readonly path: FieldPath; readonly message: string }

/** A whole value, or the fields that it lacks: at least one. */
export type Completed<T> = { readonly value: T } | { readonly missing: readonly MissingField[] }

/**
 * Fills in the defaults of checked values, in the order of the schema; keys outside it are dropped.
 * `values` must come from `checkYaml` with the same schema (or from merging such values): their types
 * are trusted here, which is why the result may be given the schema's type.
 */
export function complete<T>(values: Values, schema: SectionOf<T>): Completed<T> {
  const missing: MissingField[] = []
  const value = completeSection(values, schema, [], missing)
  return missing.length > 0 ? { missing } : { value: value as T }
}

function completeSection(
  values: Values,
  schema: SectionField,
  path: FieldPath,
  missing: MissingField[],
): Values {
  return Object.fromEntries(
    Object.entries(schema.fields).flatMap(([key, field]): [string, Value][] => {
      const given = Object.hasOwn(values, key) ? values[key] : undefined
      const value = completeField(given ?? undefined, field, [...path, key], missing)
      return value === undefined ? [] : [[key, value]]
    }),
  )
}

function completeField(
  given: Value | undefined,
  field: Field,
  path: FieldPath,
  missing: MissingField[],
): Value | undefined {
  switch (field.kind) {
    case 'section':
      if (given === undefined && field.optional === true) return undefined
      return completeSection(isValues(given) ? given : {}, field, path, missing)
    case 'map':
      if (given === undefined && field.required === true) return lacks(path, field, missing)
      return completeMap(isValues(given) ? given : {}, field.value, path, missing)
    case 'list':
      if (given !== undefined) return given
      return field.required === true ? lacks(path, field, missing) : (field.default ?? [])
    case 'sections':
      return itemsOf(given).map((item, index) =>
        completeSection(item, field.item, [...path, index], missing),
      )
    case 'boolean':
      return given ?? field.default
    case 'text':
      if (given !== undefined || field.optional === true) return given
      return field.default ?? lacks(path, field, missing)
    case 'integer':
      return given ?? field.default ?? lacks(path, field, missing)
  }
}

function completeMap(
  given: Values,
  field: Field,
  path: FieldPath,
  missing: MissingField[],
): Values {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]): [string, Value][] => {
      const completed = completeField(value ?? undefined, field, [...path, key], missing)
      return completed === undefined ? [] : [[key, completed]]
    }),
  )
}

function lacks(path: FieldPath, field: Field, missing: MissingField[]): undefined {
  missing.push({ path, message: `missing; expected ${expectation(field)}` })
}

function itemsOf(value: Value | undefined): readonly Values[] {
  return Array.isArray(value) ? value.filter(isValues) : []
}
