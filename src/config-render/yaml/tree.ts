import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml'

/** A YAML value with its place: anchors, aliases and merge keys (`<<`) are resolved. */
export type Tree =
  | {
      readonly kind: 'map'
      readonly offset: number
      readonly end: number
      readonly entries: readonly Entry[]
    }
  | { readonly kind: 'list'; readonly offset: number; readonly items: readonly Tree[] }
  | {
      readonly kind: 'scalar'
      readonly offset: number
      readonly value: string | number | boolean | null
      /** As it is written, if it has no quotes. */
      readonly plain?: string
    }

export type MapTree = Tree & { readonly kind: 'map' }
export type Entry = { readonly key: string; readonly keyOffset: number; readonly value: Tree }

/** A mistake of the text itself, at an offset. */
export type TextMistake = { readonly offset: number; readonly message: string }

/** Far more than a config has; aliases of aliases could make any number out of a short text. */
const maximumNodes = 200_000

/** Reads one YAML document; never throws for what the text contains. */
export function readTree(
  text: string,
): { readonly tree: Tree } | { readonly mistakes: readonly TextMistake[] } {
  const document = parseDocument(text, { prettyErrors: false })
  const mistakes = document.errors.map(({ pos, message }) => ({
    offset: pos[0],
    message: message.replace(/: ".*$|\n.*$/s, ''),
  }))
  if (mistakes.length > 0) return { mistakes }
  try {
    return { tree: new TreeBuilder(document, text).build(document.contents, 0) }
  } catch (mistake) {
    if (!(mistake instanceof YamlMistake)) throw mistake
    return { mistakes: [{ offset: mistake.offset, message: mistake.message }] }
  }
}

/** The value of a key, or undefined. */
export function valueAt(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key)?.value : undefined
}

class YamlMistake extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

class TreeBuilder {
  readonly #document: Document
  readonly #text: string
  readonly #open = new Set<Alias>()
  #nodes = 0

  constructor(document: Document, text: string) {
    this.#document = document
    this.#text = text
  }

  /** `offset` is where the value would be, for one that the text does not have. */
  build(node: Node | null, offset: number): Tree {
    const begin = node?.range?.[0] ?? offset
    this.#nodes += 1
    if (this.#nodes > maximumNodes) throw new YamlMistake(begin, 'the aliases make too much of it')
    if (isAlias(node)) return this.#target(node, begin)
    if (isMap<Node, Node | null>(node))
      return {
        kind: 'map',
        offset: begin,
        end: node.range?.[1] ?? begin,
        entries: this.#entries(node.items, begin),
      }
    if (isSeq<Node | null>(node))
      return {
        kind: 'list',
        offset: begin,
        items: node.items.map((each) => this.build(each, begin)),
      }
    return isScalar(node)
      ? scalar(node, this.#valueOf(node), begin)
      : { kind: 'scalar', offset: begin, value: null }
  }

  #entries(items: readonly { key: Node; value: Node | null }[], offset: number): Entry[] {
    const own: Entry[] = []
    const merged: Entry[] = []
    for (const { key, value } of items) {
      const keyOffset = key.range?.[0] ?? offset
      if (!isScalar(key)) throw new YamlMistake(keyOffset, 'a key is neither a text nor a number')
      const tree = this.build(value, keyOffset)
      if (key.value === '<<' && key.type === 'PLAIN') merged.push(...mergedEntries(tree))
      else own.push({ key: String(key.value), keyOffset, value: tree })
    }
    const isOwn = ({ key }: Entry) => own.some((entry) => entry.key === key)
    const first = merged.filter((entry, index) => {
      return !isOwn(entry) && merged.findIndex(({ key }) => key === entry.key) === index
    })
    return [...own, ...first]
  }

  /** The parser gives a block at the text's end a line end that the text does not have. */
  #valueOf({ value, type, range }: Scalar): unknown {
    const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED'
    const isCut = isBlock && !this.#text.endsWith('\n') && range?.[1] === this.#text.length
    return isCut && typeof value === 'string' ? value.replace(/\n$/, '') : value
  }

  #target(alias: Alias, offset: number): Tree {
    if (this.#open.has(alias))
      throw new YamlMistake(offset, 'an alias stands inside its own anchor')
    const target = alias.resolve(this.#document)
    if (target === undefined)
      throw new YamlMistake(offset, 'no anchor of this name stands before the alias')
    this.#open.add(alias)
    const tree = this.build(target, offset)
    this.#open.delete(alias)
    return tree
  }
}

function mergedEntries(tree: Tree): readonly Entry[] {
  if (tree.kind === 'map') return tree.entries
  if (tree.kind === 'list') return tree.items.flatMap(mergedEntries)
  throw new YamlMistake(tree.offset, '<< takes a map or a list of maps')
}

function scalar({ source, type }: Scalar, value: unknown, offset: number): Tree {
  const plain = type === 'PLAIN' && source !== undefined ? { plain: source } : {}
  const known = ['string', 'number', 'boolean'].includes(typeof value)
  return {
    kind: 'scalar',
    offset,
    value: known ? (value as string | number | boolean) : null,
    ...plain,
  }
}
