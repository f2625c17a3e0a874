import { type Version, versions } from './config.ts'
import { type Field, isNullable, type Shape } from './shape.ts'
import { config } from './specification/config.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * A version of the specification as a JSON Schema (draft 7, without references), for editors and
 * other validators. Like the published ones it lets unknown keys pass.
 */
export function configJsonSchema(version: Version = '3.6.0'): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Ignition config, specification ${version}`,
    ...shapeSchema(config, versions.indexOf(version)),
  }
}

function shapeSchema(shape: Shape, minor: number): JsonSchema {
  switch (shape.kind) {
    case 'list': {
      const items = shapeSchema(shape.item, minor)
      const nullItems = minor <= (shape.nullItemsUntil ?? -1)
      return { type: 'array', items: nullItems ? orNull(items) : items }
    }
    case 'object': {
      const fields = Object.entries(shape.fields).filter(([, { since }]) => since <= minor)
      const required = fields
        .filter(([, { requiredUntil }]) => requiredUntil >= minor)
        .map(([name]) => name)
      return {
        type: 'object',
        properties: Object.fromEntries(
          fields.map(([name, field]) => [name, fieldSchema(field, minor)]),
        ),
        ...(required.length === 0 ? {} : { required }),
      }
    }
    case 'integer':
      return {
        type: 'integer',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      }
    default:
      return { type: shape.kind }
  }
}

function fieldSchema(field: Field, minor: number): JsonSchema {
  const schema = shapeSchema(field.shape, minor)
  return isNullable(field, minor) ? orNull(schema) : schema
}

function orNull(schema: JsonSchema): JsonSchema {
  return { ...schema, type: [schema.type, 'null'] }
}
