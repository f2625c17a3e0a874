import { stringify } from 'yaml'
import type { ImageContent, ImageDefinition } from './definition.ts'
import { imageSchema } from './schema.ts'

/**
 * The definition after inheritance as YAML, in the order of the reference page. What it prints is
 * itself a definition that loads to the same content.
 */
export function showImage(definition: ImageDefinition): string {
  const content: ImageContent = definition
  const fields = new Map<string, unknown>(Object.entries(content))
  const ordered = Object.keys(imageSchema.fields).map((key) => [key, fields.get(key)] as const)
  const from =
    definition.ancestors.length === 0 ? '' : `, after inheriting ${definition.ancestors.join(', ')}`
  return `# ${definition.name}${from}\n${stringify(Object.fromEntries(ordered), { lineWidth: 100 })}`
}
