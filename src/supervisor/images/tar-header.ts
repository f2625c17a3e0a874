/**
 * Tar headers: POSIX ustar and pax (IEEE 1003.1, pax, "ustar Interchange Format") with GNU's long
 * names and base-256 numbers.
 *
 * Names are strings of bytes (latin1), so that names that are not UTF-8 come out as they went in.
 */

export const blockBytes = 512

/** The entry types we know by their flag. */
export type EntryType =
  | 'file'
  | 'hard link'
  | 'symbolic link'
  | 'character device'
  | 'block device'
  | 'directory'
  | 'fifo'

export type TarHeader = {
  readonly type: EntryType
  /** Bytes as latin1. */
  readonly name: string
  /** Bytes as latin1; empty unless it is a link. */
  readonly linkName: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  /** Seconds since 1970 as pax writes them: may be negative, may have a fraction. */
  readonly mtime: string
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** Values as bytes: capabilities are binary. */
  readonly xattrs: ReadonlyMap<string, Buffer>
}

/** What an entry has that says nothing of itself. */
export const blankHeader: TarHeader = {
  type: 'file',
  name: '',
  linkName: '',
  mode: 0,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtime: '0',
  deviceMajor: 0,
  deviceMinor: 0,
  xattrs: new Map(),
}

/** Why a header cannot be read. */
export class TarFormatError extends Error {}

/** What one block says, before long names and pax records are applied. */
export type HeaderBlock = Omit<TarHeader, 'type' | 'xattrs'> & { readonly flag: string }

const flagOf: Readonly<Record<EntryType, string>> = {
  file: '0',
  'hard link': '1',
  'symbolic link': '2',
  'character device': '3',
  'block device': '4',
  directory: '5',
  fifo: '6',
}

/** The type of an entry; old tars mark directories by a slash only. */
export function entryType({ flag, name }: { flag: string; name: string }): EntryType | undefined {
  if (flag === '0' || flag === '7' || flag === '\0')
    return name.endsWith('/') ? 'directory' : 'file'
  return (Object.keys(flagOf) as EntryType[]).find((type) => flagOf[type] === flag)
}

/** Reads a header block; undefined for a block of zeroes. @throws TarFormatError */
export function decodeBlock(block: Buffer): HeaderBlock | undefined {
  if (block.every((byte) => byte === 0)) return undefined
  const stated = number(block, 148, 8)
  if (stated !== checksum(block, 1) && stated !== checksum(block, -1)) {
    throw new TarFormatError('a header has a wrong checksum')
  }
  const posix = block.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = posix ? field(block, 345, 155) : ''
  const name = field(block, 0, 100)
  return {
    flag: String.fromCharCode(block[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: field(block, 157, 100),
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    sizeBytes: number(block, 124, 12),
    mtime: String(number(block, 136, 12)),
    deviceMajor: number(block, 329, 8),
    deviceMinor: number(block, 337, 8),
  }
}

/** The blocks of an entry up to its content, in the plainest form that holds all of it. */
export function encodeHeader(header: TarHeader): Buffer {
  const long = (flag: string, value: string) =>
    Buffer.byteLength(value, 'latin1') > 100
      ? [metadata(flag, Buffer.from(`${value}\0`, 'latin1'))]
      : []
  const records = paxRecords(header)
  return Buffer.concat([
    ...(records.length > 0 ? [metadata('x', Buffer.concat(records))] : []),
    ...long('K', header.linkName),
    ...long('L', header.name),
    encodeBlock(flagOf[header.type], header),
  ])
}

/** What follows content so that the next header starts at a block. */
export function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes)
}

/** Reads the records of a pax header. @throws TarFormatError */
export function decodePax(content: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  let at = 0
  while (at < content.length) {
    const space = content.indexOf(0x20, at)
    const lengthText = space === -1 ? '' : content.toString('latin1', at, space)
    const end = at + Number(lengthText)
    const equals = content.indexOf(0x3d, space)
    const wellFormed =
      /^[1-9]\d{0,8}$/.test(lengthText) && end <= content.length && content[end - 1] === 0x0a
    if (!wellFormed || equals === -1 || equals >= end) {
      throw new TarFormatError('a pax header is not well-formed')
    }
    const key = content.toString('utf8', space + 1, equals)
    records.set(key, content.subarray(equals + 1, end - 1))
    at = end
  }
  return records
}

/** The records for what the block's fields cannot hold. */
function paxRecords(header: TarHeader): Buffer[] {
  const records: Buffer[] = []
  const add = (key: string, value: Uint8Array) => records.push(paxRecord(key, value))
  if (!fits(header.uid, 7)) add('uid', Buffer.from(String(header.uid)))
  if (!fits(header.gid, 7)) add('gid', Buffer.from(String(header.gid)))
  if (!fits(header.sizeBytes, 11)) add('size', Buffer.from(String(header.sizeBytes)))
  if (!fits(Number(header.mtime), 11)) add('mtime', Buffer.from(header.mtime))
  for (const [key, value] of header.xattrs) add(`SCHILY.xattr.${key}`, value)
  return records
}

function paxRecord(key: string, value: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = body.length + String(body.length).length
  if (String(length).length + body.length !== length) length += 1
  return Buffer.concat([Buffer.from(String(length)), body])
}

function metadata(flag: string, content: Buffer): Buffer {
  const block = encodeBlock(flag, {
    name: '././@Metadata',
    linkName: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: content.length,
    mtime: '0',
    deviceMajor: 0,
    deviceMinor: 0,
  })
  return Buffer.concat([block, content, padding(content.length)])
}

function encodeBlock(flag: string, header: Omit<HeaderBlock, 'flag'>): Buffer {
  const block = Buffer.alloc(blockBytes)
  const octal = (value: number, at: number, digits: number) =>
    block.write((fits(value, digits) ? value : 0).toString(8).padStart(digits, '0'), at, 'latin1')
  block.write(header.name.slice(0, 100), 0, 'latin1')
  octal(header.mode, 100, 7)
  octal(header.uid, 108, 7)
  octal(header.gid, 116, 7)
  octal(header.sizeBytes, 124, 11)
  octal(Number(header.mtime), 136, 11)
  block.write(flag, 156, 'latin1')
  block.write(header.linkName.slice(0, 100), 157, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  octal(header.deviceMajor, 329, 7)
  octal(header.deviceMinor, 337, 7)
  block.write(`${checksum(block, 1).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function fits(value: number, digits: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 8 ** digits
}

function field(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at)
  return block.toString('latin1', at, end === -1 ? at + length : Math.min(end, at + length))
}

function number(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0
  if ((first & 0x80) !== 0) return base256(block.subarray(at, at + length))
  const digits = block.toString('latin1', at, at + length).replace(/^ +|[ \0].*$/gs, '')
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw new TarFormatError('a header has a number that is not octal')
  return Number.parseInt(digits, 8)
}

/** GNU's big numbers: two's complement, the topmost bit only a mark. */
function base256(bytes: Buffer): number {
  const negative = ((bytes[0] ?? 0) & 0x40) !== 0
  let value = negative ? -1n : 0n
  bytes.forEach((byte, index) => {
    value = (value << 8n) | BigInt(index === 0 ? (negative ? byte : byte & 0x7f) : byte)
  })
  const result = Number(value)
  if (Number.isSafeInteger(result)) return result
  throw new TarFormatError('a header has a number that is too large')
}

/** The sum of the block's bytes, its own field taken as spaces; some old programs summed signed bytes. */
function checksum(block: Buffer, sign: 1 | -1): number {
  let sum = 8 * 0x20
  for (let at = 0; at < blockBytes; at += 1) {
    if (at >= 148 && at < 156) continue
    const byte = block[at] ?? 0
    sum += sign === -1 && byte > 127 ? byte - 256 : byte
  }
  return sum
}
