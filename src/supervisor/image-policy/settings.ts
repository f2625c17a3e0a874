import type { FieldPath } from '../../checked-yaml/problem.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { Entry, NodeReader } from '../compose/node-reader.ts'
import { parseReference } from '../images/reference.ts'
import { readPemPath } from '../settings/listening.ts'
import { everything, type Requirement, type Rule } from './rule.ts'

/** Reads `images.policy`: a list of maps with `for`, `require`, and what belongs to `require: cosign`. */
export function readPolicy(reader: NodeReader, { value }: Entry): readonly Rule[] {
  const rules: Rule[] = []
  for (const [index, item] of (reader.items(value, root) ?? []).entries()) {
    const path = [...root, index]
    const fields = reader.section(item, path, ['for', 'require', 'keys', 'anyRepository'])
    if (fields === undefined) continue
    const scope =
      fields.for === undefined
        ? reader.problem(item, path, `expected for: ${expectedScope}`)
        : reader.parsed(fields.for.value, [...path, 'for'], expectedScope, parseScope)
    const require = readRequirement(reader, item, path, fields)
    if (scope === undefined || require === undefined) continue
    if (rules.some((rule) => rule.scope === scope))
      reader.problem(item, [...path, 'for'], `there is a rule for ${scope} already`)
    rules.push({ scope, require })
  }
  return rules
}

const root: FieldPath = ['images', 'policy']

const expectedScope = 'a registry, a registry and a part of a repository’s name, or "*"'

/** In the words of references, so that `docker.io` is what Docker Hub is called. Throws a RangeError. */
function parseScope(text: string): string {
  if (text === everything) return text
  const wrong = () => new RangeError(`expected ${expectedScope}, found "${text}"`)
  const isRegistry = /[.:]/.test(text.split('/', 1)[0] ?? '') || text.startsWith('localhost')
  if (!isRegistry || /[@]/.test(text)) throw wrong()
  try {
    // As a part of a name that is long enough to have no `library` put before it.
    const { registry, repository, tag } = parseReference(`${text}/x/x`)
    if (tag !== 'latest') throw wrong()
    const path = repository.replace(/\/?x\/x$/, '')
    return path === '' ? registry : `${registry}/${path}`
  } catch (error) {
    throw isSlipwayError(error) ? wrong() : error
  }
}

function readRequirement(
  reader: NodeReader,
  item: unknown,
  path: FieldPath,
  { require, keys, anyRepository }: RequirementFields,
): Requirement | undefined {
  const expected = 'none, digest, cosign or refused'
  if (require === undefined) return reader.problem(item, path, `expected require: ${expected}`)
  const kind = reader.text(require.value, [...path, 'require'], expected)
  for (const other of [keys, anyRepository])
    if (kind !== 'cosign' && other !== undefined)
      reader.problem(other.keyNode, [...path, other.key], `${other.key} is for require: cosign`)
  switch (kind) {
    case undefined:
      return undefined
    case 'none':
    case 'digest':
    case 'refused':
      return { kind }
    case 'cosign':
      return readCosign(reader, item, path, { keys, anyRepository })
    default:
      return reader.problem(
        require.value,
        [...path, 'require'],
        `expected ${expected}, found "${kind}"`,
      )
  }
}

type RequirementFields = {
  readonly require?: Entry | undefined
  readonly keys?: Entry | undefined
  readonly anyRepository?: Entry | undefined
}

function readCosign(
  reader: NodeReader,
  item: unknown,
  path: FieldPath,
  { keys, anyRepository }: RequirementFields,
): Requirement | undefined {
  const any = anyRepository && reader.boolean(anyRepository.value, [...path, 'anyRepository'])
  const items = keys && reader.items(keys.value, [...path, 'keys'])
  if (items === undefined || items.length === 0)
    return reader.problem(item, path, 'require: cosign needs keys, a list of PEM files')
  const files = items.map((one, index) => readPemPath(reader, one, [...path, 'keys', index]))
  const keyFiles = files.filter((file) => file !== undefined)
  return { kind: 'cosign', keyFiles, anyRepository: any === true }
}
