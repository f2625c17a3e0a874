import type { RecipeSink } from './layer-recipe.ts'
import { LayerTree } from './layer-tree.ts'
import { blockBytes, encodeHeader, padding } from './tar-header.ts'
import { TarReader } from './tar-reader.ts'

/**
 * Turns the tar of a layer into one that GNU tar may be trusted with: read by us, judged by
 * `LayerTree`, and written anew, so that nothing that two readers could understand differently
 * reaches the second one.
 */
export class LayerRewriter {
  readonly #tree = new LayerTree()
  readonly #reader: TarReader
  #output: Buffer[] = []
  /** Of the entry that is read now; undefined when its content is left out. */
  #sizeBytes: number | undefined
  #contentBytes = 0

  /** @param recipe is told how the layer can be made again from what is unpacked */
  constructor(recipe?: RecipeSink) {
    this.#reader = new TarReader({
      entry: (header) => {
        const entries = this.#tree.admit(header)
        const written = entries.at(-1)
        this.#output.push(...entries.map(encodeHeader))
        // As a file system counts: what a symbolic link says takes space too.
        const linkBytes = header.type === 'symbolic link' ? header.linkName.length : 0
        this.#contentBytes += header.sizeBytes + linkBytes
        this.#sizeBytes = written?.type === 'file' ? header.sizeBytes : undefined
        if (written !== undefined) recipe?.entry(written)
      },
      content: (piece) => {
        if (this.#sizeBytes === undefined) recipe?.frame(piece)
        else this.#output.push(piece)
      },
      ...(recipe === undefined ? {} : { frame: (piece) => recipe.frame(piece) }),
      entryEnd: () => {
        if (this.#sizeBytes !== undefined) this.#output.push(padding(this.#sizeBytes))
      },
    })
  }

  /** How many paths the layer has until now. */
  get entryCount(): number {
    return this.#tree.size
  }

  /** The sizes of all files and symbolic links until now. */
  get contentBytes(): number {
    return this.#contentBytes
  }

  /** What to write for a piece of the layer. @throws TarFormatError, UnsafeEntryError */
  write(piece: Buffer): Buffer[] {
    this.#reader.write(piece)
    return this.#take()
  }

  /** What to write at the layer's end. @throws TarFormatError */
  finish(): Buffer[] {
    this.#reader.finish()
    this.#output.push(...this.#tree.closing().map(encodeHeader), Buffer.alloc(2 * blockBytes))
    return this.#take()
  }

  #take(): Buffer[] {
    const output = this.#output
    this.#output = []
    return output
  }
}
