import {
  blockBytes,
  decodeBlock,
  decodePax,
  entryType,
  type HeaderBlock,
  TarFormatError,
  type TarHeader,
} from './tar-header.ts'

export type TarVisitor = {
  /** An entry starts; its content follows by `content`, `header.sizeBytes` in all. */
  readonly entry: (header: TarHeader) => void
  readonly content: (piece: Buffer) => void
  /** The entry's content is complete. */
  readonly entryEnd: () => void
  /** All bytes that are not content, in their places: a header after `entry` was told of it. */
  readonly frame?: (piece: Buffer) => void
}

/** Long names and pax records of one entry together. */
const maximumMetadataBytes = 1024 * 1024
const xattrPrefix = 'SCHILY.xattr.'

/**
 * Reads a tar piece by piece and tells a visitor what is in it. Its own code and not a package's:
 * those at hand decode pax values as UTF-8, which destroys binary attributes such as capabilities.
 */
export class TarReader {
  readonly #visitor: TarVisitor
  #pending: Buffer = Buffer.alloc(0)
  #contentLeft = 0
  #paddingAfter = 0
  #paddingLeft = 0
  #inEntry = false
  /** The flag of the metadata entry whose content is awaited. */
  #metadata: { flag: string; sizeBytes: number } | undefined
  #metadataBytes = 0
  #longName: string | undefined
  #longLinkName: string | undefined
  #pax = new Map<string, Buffer>()
  #ended = false

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor
  }

  /** @throws TarFormatError */
  write(piece: Buffer): void {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, piece]) : piece
    this.#pending = Buffer.alloc(0)
    while (rest.length > 0 && !this.#ended) {
      const isContent = this.#inEntry && this.#paddingLeft === 0
      const used = this.#step(rest)
      if (used === 0) break
      if (!isContent) this.#visitor.frame?.(rest.subarray(0, used))
      rest = rest.subarray(used)
    }
    if (!this.#ended) this.#pending = rest
    else if (rest.length > 0) this.#visitor.frame?.(rest)
  }

  /**
   * The stream is over. Padding and end marks may be missing after the last entry: umoci leaves them
   * out, and the diff ID covers what is there.
   *
   * @throws TarFormatError when it ends inside an entry
   */
  finish(): void {
    if (this.#ended) return
    const inside = this.#inEntry || this.#metadata !== undefined || this.#hasMetadata()
    if (this.#pending.length > 0 || inside) {
      throw new TarFormatError('the archive ends inside an entry')
    }
  }

  /** Consumes something from the start of `data`; 0 when more is needed. */
  #step(data: Buffer): number {
    if (this.#paddingLeft > 0) {
      const used = Math.min(this.#paddingLeft, data.length)
      this.#paddingLeft -= used
      return used
    }
    if (this.#metadata !== undefined) return this.#stepMetadata(this.#metadata, data)
    if (this.#inEntry) return this.#stepContent(data)
    if (data.length < blockBytes) return 0
    const block = decodeBlock(data.subarray(0, blockBytes))
    if (block === undefined) this.#ended = true
    else this.#startEntry(block)
    return blockBytes
  }

  #stepContent(data: Buffer): number {
    const piece = data.subarray(0, this.#contentLeft)
    this.#contentLeft -= piece.length
    this.#visitor.content(piece)
    if (this.#contentLeft === 0) this.#endEntry()
    return piece.length
  }

  #stepMetadata({ flag, sizeBytes }: { flag: string; sizeBytes: number }, data: Buffer): number {
    if (data.length < sizeBytes) return 0
    this.#metadata = undefined
    this.#paddingLeft = paddingBytes(sizeBytes)
    // A copy: `data` is a part of a buffer that may be used again.
    const content = Buffer.from(data.subarray(0, sizeBytes))
    if (flag === 'L') this.#longName = untilZero(content)
    if (flag === 'K') this.#longLinkName = untilZero(content)
    if (flag === 'x') for (const [key, value] of decodePax(content)) this.#pax.set(key, value)
    return sizeBytes
  }

  #startEntry(block: HeaderBlock): void {
    if (['L', 'K', 'x', 'g'].includes(block.flag)) {
      this.#metadataBytes += block.sizeBytes
      if (block.sizeBytes < 0 || this.#metadataBytes > maximumMetadataBytes) {
        throw new TarFormatError('the metadata of an entry has an unusable size')
      }
      if (block.sizeBytes > 0) {
        this.#metadata = { flag: block.flag, sizeBytes: block.sizeBytes }
      }
      return
    }
    const header = this.#complete(block)
    this.#metadataBytes = 0
    this.#longName = undefined
    this.#longLinkName = undefined
    this.#pax = new Map()
    this.#inEntry = true
    this.#contentLeft = header.sizeBytes
    this.#paddingAfter = paddingBytes(header.sizeBytes)
    this.#visitor.entry(header)
    if (header.sizeBytes === 0) this.#endEntry()
  }

  #endEntry(): void {
    this.#inEntry = false
    this.#paddingLeft = this.#paddingAfter
    this.#visitor.entryEnd()
  }

  #hasMetadata(): boolean {
    return this.#longName !== undefined || this.#longLinkName !== undefined || this.#pax.size > 0
  }

  #complete(block: HeaderBlock): TarHeader {
    const pax = this.#pax
    if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse.')) || block.flag === 'S') {
      throw new TarFormatError('it has sparse entries, which images do not use')
    }
    const name = pax.get('path')?.toString('latin1') ?? this.#longName ?? block.name
    const type = entryType({ flag: block.flag, name })
    if (type === undefined) {
      throw new TarFormatError(`it has an entry of the unknown type ${JSON.stringify(block.flag)}`)
    }
    const linkName = pax.get('linkpath')?.toString('latin1') ?? this.#longLinkName ?? block.linkName
    const sizeBytes = paxNumber(pax, 'size') ?? block.sizeBytes
    if (sizeBytes < 0) throw new TarFormatError('an entry has a negative size')
    return {
      type,
      name,
      linkName: type === 'hard link' || type === 'symbolic link' ? linkName : '',
      mode: block.mode,
      uid: owner(paxNumber(pax, 'uid') ?? block.uid),
      gid: owner(paxNumber(pax, 'gid') ?? block.gid),
      sizeBytes: type === 'file' ? sizeBytes : 0,
      mtime: paxTime(pax) ?? block.mtime,
      deviceMajor: block.deviceMajor,
      deviceMinor: block.deviceMinor,
      xattrs: xattrsOf(pax),
    }
  }
}

function xattrsOf(pax: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const xattrs = new Map<string, Buffer>()
  for (const [key, value] of pax) {
    if (key.startsWith(xattrPrefix)) xattrs.set(key.slice(xattrPrefix.length), value)
  }
  return xattrs
}

function paxNumber(pax: ReadonlyMap<string, Buffer>, key: string): number | undefined {
  const text = pax.get(key)?.toString('latin1')
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new TarFormatError(`a pax header has an unusable ${key}`)
}

function paxTime(pax: ReadonlyMap<string, Buffer>): string | undefined {
  const text = pax.get('mtime')?.toString('latin1')
  if (text === undefined || text === '') return undefined
  if (/^-?\d{1,12}(?:\.\d*)?$/.test(text)) return text
  throw new TarFormatError('a pax header has an unusable mtime')
}

/** IDs are 32 bits wide, and the highest means "leave as it is" to chown(2). */
function owner(id: number): number {
  if (id >= 0 && id < 2 ** 32 - 1) return id
  throw new TarFormatError('an entry has an owner that no file can have')
}

function untilZero(content: Buffer): string {
  const end = content.indexOf(0)
  return content.toString('latin1', 0, end === -1 ? content.length : end)
}

function paddingBytes(sizeBytes: number): number {
  return (blockBytes - (sizeBytes % blockBytes)) % blockBytes
}
