import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml'
import { parseYaml, type YamlDocument } from './document.ts'
import { type FieldPath, type Position, type Problem, pathText } from './problem.ts'
import type {
  BooleanField,
  Field,
  IntegerField,
  ListField,
  MapField,
  SectionField,
  SectionListField,
  TextField,
} from './schema.ts'
import { expectation, found, suggestion, textMistake } from './wording.ts'

/** What a file says, as far as it is right, and what is wrong with it. */
export type CheckedFile = {
  readonly file: string
  /** Right values only: a wrong one is left out, and has a problem instead. */
  readonly value: Values
  readonly problems: readonly Problem[]
  positionAt(path: FieldPath): Position
}

export type Values = { readonly [key: string]: Value }
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | readonly Values[]
  | Values

export type CheckOptions = {
  /**
   * The file may inherit from another: `null` drops an inherited key of a map or an optional text,
   * and a list's item `"!name"` drops an inherited item.
   */
  readonly inheriting?: boolean
}

/**
 * Checks a YAML file against a schema and collects every mistake with its place.
 * Absent fields are no mistake here: `complete` decides about them after inheritance.
 */
export function checkYaml(
  text: string,
  file: string,
  schema: SectionField,
  options: CheckOptions = {},
): CheckedFile {
  const document = parseYaml(text, file)
  const problems = [...document.problems]
  const checker = new Checker(document, options.inheriting ?? false, problems)
  // After a syntax error the tree is a guess, and what it says would mislead.
  const empty = problems.length > 0 || document.contents === null
  const value = empty ? {} : (checker.section(document.contents, schema, []) ?? {})
  return { file, value, problems, positionAt: document.positionAt }
}

export function isValues(value: Value | undefined): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A mistake found later, by comparing what the file says with something else. */
export function problemAt(checked: CheckedFile, path: FieldPath, message: string): Problem {
  return { file: checked.file, ...checked.positionAt(path), path: pathText(path), message }
}

class Checker {
  readonly #document: YamlDocument
  readonly #inheriting: boolean
  readonly #problems: Problem[]

  constructor(document: YamlDocument, inheriting: boolean, problems: Problem[]) {
    this.#document = document
    this.#inheriting = inheriting
    this.#problems = problems
  }

  section(node: unknown, field: SectionField, path: FieldPath): Values | undefined {
    return this.#entries(node, path, field, (key, keyNode) => {
      const known = Object.hasOwn(field.fields, key) ? field.fields[key] : undefined
      if (known !== undefined) return known
      this.#problem(
        keyNode,
        [...path, key],
        `unknown key; ${suggestion(key, Object.keys(field.fields))}`,
      )
      return undefined
    })
  }

  #map(node: unknown, field: MapField, path: FieldPath): Values | undefined {
    return this.#entries(node, path, field, (key, keyNode) => {
      const wrong = textMistake(key, field.key)
      if (wrong === undefined) return field.value
      this.#problem(keyNode, [...path, key], `as key, ${wrong}`)
      return undefined
    })
  }

  #entries(
    node: unknown,
    path: FieldPath,
    container: MapField | SectionField,
    fieldFor: (key: string, keyNode: unknown) => Field | undefined,
  ): Values | undefined {
    if (!isMap(node))
      return this.#problem(node, path, `expected ${expectation(container)}, found ${found(node)}`)
    const values: [string, Value][] = []
    for (const { key, value } of node.items) {
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.#problem(key, path, `expected a text as key, found ${found(key)}`)
        continue
      }
      const field = fieldFor(key.value, key)
      if (field === undefined) continue
      const place = value ?? key
      const checked = this.#value(place, value, field, [...path, key.value], container.kind)
      if (checked !== undefined) values.push([key.value, checked])
    }
    return Object.fromEntries(values)
  }

  #value(
    place: unknown,
    node: unknown,
    field: Field,
    path: FieldPath,
    container: 'map' | 'section',
  ): Value | undefined {
    if (node === null || (isScalar(node) && node.value === null && node.tag === undefined)) {
      const droppable = container === 'map' || (field.kind === 'text' && field.optional === true)
      if (this.#inheriting && droppable) return null
      return this.#problem(place, path, `expected ${expectation(field)}, found nothing`)
    }
    if (isNode(node) && node.tag?.startsWith('!') === true)
      return this.#problem(
        node,
        path,
        `the tag ${node.tag} is not understood; quote the text if it is one`,
      )
    switch (field.kind) {
      case 'text':
        return this.#text(node, field, path)
      case 'integer':
        return this.#integer(node, field, path)
      case 'boolean':
        return this.#boolean(node, field, path)
      case 'list':
        return this.#list(node, field, path)
      case 'sections':
        return this.#sections(node, field, path)
      case 'map':
        return this.#map(node, field, path)
      case 'section':
        return this.section(node, field, path)
    }
  }

  #text(node: unknown, field: TextField, path: FieldPath): string | undefined {
    const value = isScalar(node) ? node.value : undefined
    if (typeof value === 'number' || typeof value === 'boolean') {
      const hint = field.choices === undefined ? '; quote it to make it a text' : ''
      return this.#problem(
        node,
        path,
        `expected ${expectation(field)}, found ${found(node)}${hint}`,
      )
    }
    if (typeof value !== 'string')
      return this.#problem(node, path, `expected ${expectation(field)}, found ${found(node)}`)
    const wrong = textMistake(value, field)
    return wrong === undefined ? value : this.#problem(node, path, wrong)
  }

  #integer(node: unknown, field: IntegerField, path: FieldPath): number | undefined {
    const value = isScalar(node) ? node.value : undefined
    if (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= field.minimum &&
      value <= field.maximum
    )
      return value
    return this.#problem(node, path, `expected ${expectation(field)}, found ${found(node)}`)
  }

  #boolean(node: unknown, field: BooleanField, path: FieldPath): boolean | undefined {
    const value = isScalar(node) ? node.value : undefined
    if (typeof value === 'boolean') return value
    return this.#problem(node, path, `expected ${expectation(field)}, found ${found(node)}`)
  }

  #sections(
    node: unknown,
    field: SectionListField,
    path: FieldPath,
  ): readonly Values[] | undefined {
    if (!isSeq(node))
      return this.#problem(node, path, `expected ${expectation(field)}, found ${found(node)}`)
    return node.items.map((item, index) => {
      const checked = this.#value(item, item, field.item, [...path, index], 'section')
      // A wrong item stays as an empty one, so that the others keep their indices.
      return isValues(checked) ? checked : {}
    })
  }

  #list(node: unknown, field: ListField, path: FieldPath): readonly string[] | undefined {
    if (!isSeq(node))
      return this.#problem(node, path, `expected ${expectation(field)}, found ${found(node)}`)
    const items: string[] = []
    node.items.forEach((item, index) => {
      const checked = this.#item(item, field, [...path, index])
      if (checked === undefined) return
      if (items.includes(checked)) this.#problem(item, [...path, index], `"${checked}" is repeated`)
      else items.push(checked)
    })
    return items
  }

  #item(node: unknown, field: ListField, path: FieldPath): string | undefined {
    // `- !perl` is a YAML tag on an empty value, never what its author meant.
    if (isScalar(node) && node.tag?.startsWith('!') === true)
      return this.#problem(node, path, `quote the item: "${node.tag}"`)
    if (this.#inheriting && isScalar(node) && typeof node.value === 'string') {
      const dropped = /^!(.*)$/s.exec(node.value)?.[1]
      if (dropped !== undefined) {
        const wrong = textMistake(dropped, field.item)
        return wrong === undefined
          ? node.value
          : this.#problem(node, path, `after "!", which drops an inherited item, ${wrong}`)
      }
    }
    return this.#text(node, field.item, path)
  }

  #problem(node: unknown, path: FieldPath, message: string): undefined {
    const position = this.#document.positionOf(node)
    this.#problems.push({
      file: this.#document.file,
      ...position,
      path: pathText(path),
      message: isAlias(node) ? 'aliases are not understood; write the value itself' : message,
    })
  }
}
