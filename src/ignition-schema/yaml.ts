import { isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument } from 'yaml'
import { foreignFormat } from './foreign-format.ts'
import type { JsonMember, JsonNode } from './json.ts'
import { type ParsedConfig, parseConfigTree, unreadable } from './parse.ts'
import type { Finding } from './problem.ts'
import { finding } from './report.ts'

/**
 * Parses and validates an Ignition config that is written as YAML 1.2 with the same keys, for those
 * who generate or convert it. It is apart from the rest of the module, which reads JSON only.
 */
export function parseYamlConfig(text: string, source: string): ParsedConfig {
  if (text.trim() === '') return unreadable(source, text, [0, finding('IGNITION_EMPTY', [])])
  const foreign = foreignFormat(text)
  if (foreign !== undefined) return unreadable(source, text, [0, finding(foreign, [])])
  // Keys that are there twice are reported with their paths, as in JSON.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false })
  const mistakes = document.errors.map(({ pos, message }) => mistakeAt(pos[0], reasonOf(message)))
  if (mistakes.length > 0) return unreadable(source, text, ...mistakes)
  try {
    return parseConfigTree(jsonNode(document.contents, 0), text, source)
  } catch (mistake) {
    if (!(mistake instanceof YamlMistake)) throw mistake
    return unreadable(source, text, mistakeAt(mistake.offset, mistake.message))
  }
}

function mistakeAt(offset: number, reason: string): [offset: number, found: Finding] {
  return [offset, finding('IGNITION_YAML_SYNTAX', [], { reason })]
}

/** Without the part of the text that some of the parser's messages end with: it may be secret. */
function reasonOf(message: string): string {
  return message.replace(/: ".*$|\n.*$/s, '')
}

class YamlMistake extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/** `offset` is where the value would be, for one that the text does not have. */
function jsonNode(node: ParsedNode | null, offset: number): JsonNode {
  const begin = node?.range[0] ?? offset
  if (node === null) return { kind: 'null', offset }
  if (isMap(node)) return { kind: 'object', offset: begin, members: node.items.map(jsonMember) }
  if (isSeq(node))
    return { kind: 'array', offset: begin, items: node.items.map((item) => jsonNode(item, begin)) }
  if (isAlias(node)) throw new YamlMistake(begin, 'anchors and aliases are not read here')
  return scalarNode(node.value, node.source ?? '', begin)
}

function jsonMember({ key, value }: { key: ParsedNode; value: ParsedNode | null }): JsonMember {
  if (!isScalar(key)) throw new YamlMistake(key.range[0], 'a key is neither a text nor a number')
  const [keyOffset] = key.range
  return { key: String(key.value), keyOffset, value: jsonNode(value, keyOffset) }
}

function scalarNode(value: unknown, written: string, offset: number): JsonNode {
  switch (typeof value) {
    case 'string':
      return { kind: 'string', offset, value }
    case 'boolean':
      return { kind: 'boolean', offset, value }
    case 'number':
      // 0o644 and 0x1a4 are whole as well.
      return { kind: 'number', offset, value, whole: !/^[^ox]*[.eE]/.test(written) }
    default:
      return { kind: 'null', offset }
  }
}
