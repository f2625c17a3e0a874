import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'
import { type JsonObject, object } from '../../json/value.ts'

/** An answer of an engine whose body is JSON. */
export type Answer = {
  readonly method: string
  /** With or without a version, without a query. */
  readonly path: string
  readonly status: number
  readonly body: unknown
}

type Operation = {
  readonly method: string
  readonly path: string
  readonly pattern: RegExp
  /** What the path has beside parameters: of several that match, the one with most of it is meant. */
  readonly fixedLength: number
  readonly responses: JsonObject
}

const documentId = 'engine-api'

/** Settings that Docker's engine tells as null while nobody has set them, whatever the document says. */
const nullInDocker = ['/HostConfig/MemorySwappiness', '/HostConfig/OomKillDisable']

/** What the Moby project publishes of the Engine API, and what is not as it says. */
export class Contract {
  readonly #ajv: Ajv
  readonly #operations: readonly Operation[]
  readonly #validators = new Map<string, ValidateFunction>()

  private constructor(document: JsonObject) {
    // Its words beside JSON Schema's own are for people and generators.
    this.#ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
    this.#ajv.addSchema({ ...asJsonSchema(document), $id: documentId })
    this.#operations = operationsOf(document)
  }

  /** Version 1.47. */
  static async read(): Promise<Contract> {
    const file = join(import.meta.dirname, 'test-data/v1.47.yaml')
    return new Contract(object(parse(await readFile(file, 'utf8')), 'the document'))
  }

  /** What is not as the document says, a sentence each. Calls that it does not know are not judged. */
  problems({ method, path, status, body }: Answer): string[] {
    const plain = path.replace(/^\/v\d+\.\d+(?=\/)/, '')
    const operation = this.#operation(method, plain)
    if (operation === undefined) return []
    const what = `${method} ${operation.path}: ${status}`
    const response = operation.responses[status]
    const validate = this.#validatorFor(operation, status, response)
    if (validate === undefined)
      return response === undefined ? [`${what} is not among its answers`] : []
    if (validate(body)) return []
    return (validate.errors ?? [])
      .filter(({ instancePath }) => !nullInDocker.some((path) => instancePath.endsWith(path)))
      .map(({ instancePath, message }) => `${what}: ${instancePath || 'the body'} ${message}`)
  }

  #operation(method: string, path: string): Operation | undefined {
    const matching = this.#operations.filter(
      (one) => one.method === method && one.pattern.test(path),
    )
    return matching.toSorted((a, b) => b.fixedLength - a.fixedLength)[0]
  }

  #validatorFor(
    { method, path }: Operation,
    status: number,
    response: unknown,
  ): ValidateFunction | undefined {
    // The document does not name each way to fail, but all have one shape.
    if (status >= 400) return this.#validator(['definitions', 'ErrorResponse'])
    if (response === undefined || object(response, path).schema === undefined) return undefined
    const parts = ['paths', path, method.toLowerCase(), 'responses', String(status), 'schema']
    return this.#validator(parts)
  }

  #validator(parts: readonly string[]): ValidateFunction {
    const reference = `${documentId}#/${parts.map(escaped).join('/')}`
    const known = this.#validators.get(reference) ?? this.#ajv.compile({ $ref: reference })
    this.#validators.set(reference, known)
    return known
  }
}

function operationsOf({ paths }: JsonObject): Operation[] {
  return Object.entries(object(paths, 'paths')).flatMap(([path, methods]) =>
    Object.entries(object(methods, path)).flatMap(([method, operation]) => {
      const { responses } = object(operation, path)
      if (responses === undefined) return []
      return [
        {
          method: method.toUpperCase(),
          path,
          // The names of images have slashes.
          pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '.+')}$`),
          fixedLength: path.replace(/\{[^}]+\}/g, '').length,
          responses: object(responses, path),
        },
      ]
    }),
  )
}

/**
 * OpenAPI 2 as JSON Schema: `x-nullable`, and lists and objects that may be null, as Go's encoder
 * writes those that nobody filled, and the document does not say.
 */
function asJsonSchema(value: unknown): JsonObject {
  return object(converted(value), 'the document')
}

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.fromEntries(
    Object.entries(value)
      // An example may look like a schema.
      .filter(([key]) => key !== 'example' && key !== 'examples')
      .map(([key, field]) => [key, converted(field)]),
  )
  const { type, enum: choices } = fields
  const isNullable = fields['x-nullable'] === true || type === 'array' || type === 'object'
  if (typeof type !== 'string' || !isNullable) return fields
  return {
    ...fields,
    type: [type, 'null'],
    ...(Array.isArray(choices) ? { enum: [...choices, null] } : {}),
  }
}

/** A part of a JSON pointer in a URL. */
function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
