import type { Field, SectionField } from './schema.ts'
import { expectation } from './wording.ts'

/** The fields of a schema as rows of a Markdown table: path, what it accepts, default, meaning. */
export function fieldTable(schema: SectionField): string {
  const rows = Object.entries(schema.fields).flatMap(([key, field]) => fieldRows(key, field))
  return [
    '| field | accepts | when absent | |',
    '| --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`),
    '',
  ].join('\n')
}

function fieldRows(path: string, field: Field): string[][] {
  const own = [`\`${path}\``, accepts(field), whenAbsent(field), field.about]
  switch (field.kind) {
    case 'section':
      return [
        own,
        ...Object.entries(field.fields).flatMap(([key, child]) =>
          fieldRows(`${path}.${key}`, child),
        ),
      ]
    case 'sections':
      return [
        own,
        ...Object.entries(field.item.fields).flatMap(([key, child]) =>
          fieldRows(`${path}[].${key}`, child),
        ),
      ]
    case 'map':
      return [
        own,
        ...(field.value.kind === 'section' ? fieldRows(`${path}.*`, field.value).slice(1) : []),
      ]
    default:
      return [own]
  }
}

function accepts(field: Field): string {
  switch (field.kind) {
    case 'section':
      return 'a map of these fields'
    case 'sections':
      return 'a list of maps of these fields'
    case 'map':
      return field.value.kind === 'section'
        ? `a map; key: ${expectation(field.key)}`
        : `a map; key: ${expectation(field.key)}; value: ${expectation(field.value)}`
    default:
      return expectation(field)
  }
}

function whenAbsent(field: Field): string {
  switch (field.kind) {
    case 'text':
      if (field.optional === true) return 'stays absent'
      return field.default === undefined ? 'a mistake' : `\`${field.default}\``
    case 'integer':
      return field.default === undefined ? 'a mistake' : `\`${field.default}\``
    case 'boolean':
      return `\`${field.default}\``
    case 'sections':
      return 'empty'
    case 'list':
      if (field.required === true) return 'a mistake'
      return field.default === undefined ? 'empty' : `\`[${field.default.join(', ')}]\``
    case 'map':
      return field.required === true ? 'a mistake' : 'empty'
    case 'section':
      return field.optional === true ? 'stays absent' : 'its defaults'
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
