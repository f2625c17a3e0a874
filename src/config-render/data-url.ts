import { constants, gzipSync } from 'node:zlib'

export type InlinedData = {
  readonly source: string
  /** Absent if the content's compression was given, and stays as it is. */
  readonly compression?: '' | 'gzip'
}

/**
 * Content as the shortest of three data URLs: escaped, base64, compressed and base64. Content whose
 * `compression` is given is compressed already. An empty compression is said explicitly, so that a
 * config merged with another does not inherit the other's.
 */
export function inlineData(content: Uint8Array, compression?: string): InlinedData {
  const given = compression !== undefined && compression !== ''
  const base64 = `;base64,${Buffer.from(content).toString('base64')}`
  const escaped = escapedData(content)
  const plain = base64.length < escaped.length ? base64 : escaped
  if (given) return { source: `data:${plain}` }
  const compressed = `;base64,${gzip(content).toString('base64')}`
  // What the field itself takes counts as well.
  if (compressed.length + 'gzip'.length < plain.length)
    return { source: `data:${compressed}`, compression: 'gzip' }
  return { source: `data:${plain}`, compression: '' }
}

/** RFC 2397: all but RFC 2396's unreserved characters are escaped. */
export function escapedData(content: Uint8Array): string {
  const text = Array.from(content, (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9\-_.!~*'()]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return `,${text.join('')}`
}

/** The same bytes on every machine: without time, and without the system that compressed. */
function gzip(content: Uint8Array): Buffer {
  const compressed = gzipSync(content, { level: constants.Z_BEST_COMPRESSION })
  compressed[9] = 255
  return compressed
}
