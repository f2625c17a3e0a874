import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { FieldPath, Position, Problem } from './problem.ts'

/** A parsed file that knows where each of its values stands. */
export type YamlDocument = {
  readonly file: string
  readonly contents: Document['contents']
  /** Mistakes of syntax: duplicate keys, bad indentation, anchors and aliases. */
  readonly problems: readonly Problem[]
  /** Where a node begins; the file's start for what has no place of its own. */
  positionOf(node: unknown): Position
  /**
   * Where the value at `path` begins, or the nearest ancestor that the file does have. An item of a
   * list may be named by its index or its text.
   */
  positionAt(path: FieldPath): Position
}

/** Parses one YAML 1.2 document; never throws for what the text contains. */
export function parseYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const positionOf = (node: unknown): Position => at(startOf(node) ?? 0)
  const problems = document.errors.map((error) => ({
    file,
    ...at(error.pos[0]),
    path: '',
    message: firstLine(error.message),
  }))
  return {
    file,
    contents: document.contents,
    problems,
    positionOf,
    positionAt: (path) => positionOf(nearestNode(document.contents, path)),
  }
}

function nearestNode(root: unknown, path: FieldPath): unknown {
  let node = root
  for (const step of path) {
    const child = childOf(node, step)
    if (child === undefined) return node
    node = child
  }
  return node
}

/** The key's own node when it has no value, so that `key:` alone still has a place. */
function childOf(node: unknown, step: string | number): unknown {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
    return pair === undefined ? undefined : (pair.value ?? pair.key)
  }
  if (isSeq(node))
    return typeof step === 'number'
      ? node.items[step]
      : node.items.find((item) => isScalar(item) && item.value === step)
  return undefined
}

function startOf(node: unknown): number | undefined {
  if (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) return node.range?.[0]
  return undefined
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}
