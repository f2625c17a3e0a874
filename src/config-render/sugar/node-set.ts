import type { JsonNode } from '../../ignition-schema/index.ts'
import { itemsOf, memberOf, type ObjectNode, textOf, withMember } from '../node.ts'

const lists = ['files', 'directories', 'links'] as const
type List = (typeof lists)[number]

/** The files, directories and links of a storage section by their paths. */
export class NodeSet {
  readonly #storage: ObjectNode
  readonly #items: Record<List, JsonNode[]>
  readonly #places = new Map<string, { readonly list: List; readonly index: number }>()
  readonly #changed = new Set<List>()

  constructor(storage: ObjectNode) {
    this.#storage = storage
    const items = (list: List) => [...itemsOf(storage, list)]
    this.#items = {
      files: items('files'),
      directories: items('directories'),
      links: items('links'),
    }
    for (const list of lists)
      this.#items[list].forEach((node, index) => {
        this.#places.set(textOf(node, 'path') ?? '', { list, index })
      })
  }

  get(path: string): { readonly list: List; readonly node: ObjectNode } | undefined {
    const place = this.#places.get(path)
    const node = place && this.#items[place.list][place.index]
    return place !== undefined && node?.kind === 'object' ? { list: place.list, node } : undefined
  }

  /** Adds a node, or puts it in the place of the one with its path. */
  put(list: List, path: string, node: JsonNode): void {
    const index = this.#places.get(path)?.index ?? this.#items[list].length
    this.#items[list][index] = node
    this.#places.set(path, { list, index })
    this.#changed.add(list)
  }

  storage(): ObjectNode {
    return [...this.#changed].reduce((storage, list) => {
      const there = memberOf(storage, list)
      // A value that is no list is reported as such; nothing is put in its place.
      if (there !== undefined && there.kind !== 'array') return storage
      const items = this.#items[list]
      return withMember(storage, list, { kind: 'array', offset: items[0]?.offset ?? 0, items })
    }, this.#storage)
  }
}
