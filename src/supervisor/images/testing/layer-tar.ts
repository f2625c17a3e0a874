import { blockBytes, encodeHeader, padding, type TarHeader } from '../tar-header.ts'

export type TestEntry = Partial<TarHeader> & {
  readonly name: string
  readonly content?: Buffer | string
}

/** A tar with these entries, well-formed but as nasty as they are. */
export function layerTar(entries: readonly TestEntry[]): Buffer {
  const parts = entries.flatMap(({ content = '', ...fields }) => {
    const bytes = Buffer.from(content)
    const header: TarHeader = { ...defaults, sizeBytes: bytes.length, ...fields }
    return [encodeHeader(header), bytes, padding(bytes.length)]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)])
}

const defaults: TarHeader = {
  type: 'file',
  name: '',
  linkName: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtime: '1700000000',
  deviceMajor: 0,
  deviceMinor: 0,
  xattrs: new Map(),
}
