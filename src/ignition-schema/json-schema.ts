import type { Field, Shape } from './shape.ts'
import { config } from './specification.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * Specification 3.6.0 as a JSON Schema (draft 7, without references), for editors and other
 * validators. Like the published one it lets unknown keys pass.
 */
export function configJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Ignition config, specification 3.6.0',
    ...shapeSchema(config),
  }
}

function shapeSchema(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'list':
      return { type: 'array', items: shapeSchema(shape.item) }
    case 'object': {
      const fields = Object.entries(shape.fields)
      const required = fields.filter(([, field]) => field.required).map(([name]) => name)
      return {
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, field]) => [name, fieldSchema(field)])),
        ...(required.length === 0 ? {} : { required }),
      }
    }
    default:
      return { type: shape.kind }
  }
}

function fieldSchema({ shape, nullable }: Field): JsonSchema {
  return nullable ? { type: [shape.kind, 'null'] } : shapeSchema(shape)
}
