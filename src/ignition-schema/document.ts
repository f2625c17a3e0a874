import type { JsonNode } from './json.ts'
import type { Path } from './problem.ts'

export type Position = { readonly line: number; readonly column: number }

/** Turns offsets and paths of a parsed text into lines and columns, both 1-based. */
export class Positions {
  readonly #lineStarts: readonly number[]
  readonly #root: JsonNode | undefined

  constructor(text: string, root?: JsonNode) {
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
    this.#root = root
  }

  atOffset(offset: number): Position {
    const after = this.#lineStarts.findIndex((start) => start > offset)
    const line = after === -1 ? this.#lineStarts.length : after
    return { line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 }
  }

  /** Where the value at `path` begins, or the nearest ancestor that the text does have. */
  ofValue(path: Path): Position {
    return this.atOffset(this.#nearest(path).node?.offset ?? 0)
  }

  /** Where the key that `path` ends with begins; the value if it is an item of a list. */
  ofKey(path: Path): Position {
    const { node, keyOffset } = this.#nearest(path)
    return this.atOffset(keyOffset ?? node?.offset ?? 0)
  }

  #nearest(path: Path): { node: JsonNode | undefined; keyOffset: number | undefined } {
    let node = this.#root
    let keyOffset: number | undefined
    for (const step of path) {
      if (node?.kind === 'object') {
        const member = findMember(node, String(step))
        if (member === undefined) break
        node = member.value
        keyOffset = member.keyOffset
      } else if (node?.kind === 'array' && typeof step === 'number' && node.items[step]) {
        node = node.items[step]
        keyOffset = undefined
      } else break
    }
    return { node, keyOffset }
  }
}

/**
 * The member that counts for a field: the last of that name, or else the last whose name differs
 * only in case, as in Go's JSON decoder, which the reference implementation uses.
 */
export function findMember(node: JsonNode & { kind: 'object' }, name: string) {
  return (
    node.members.findLast(({ key }) => key === name) ??
    node.members.findLast(({ key }) => key.toLowerCase() === name.toLowerCase())
  )
}
