/** The data of a data URL, or what is wrong with it (never a part of its data: it may be secret). */
export type DecodedDataUrl =
  | { readonly data: Uint8Array; readonly mistake?: never }
  | { readonly data?: never; readonly mistake: string }

/** Decodes a data URL (RFC 2397), plain (percent-encoded) or base64, standard alphabet. */
export function decodeDataUrl(url: string): DecodedDataUrl {
  const comma = url.indexOf(',')
  if (!/^data:/i.test(url) || comma === -1) return { mistake: 'the data URL has no comma' }
  const header = url.slice('data:'.length, comma)
  const bytes = unescapePercent(url.slice(comma + 1))
  if (bytes === undefined) return { mistake: 'the data URL has a % without two hex digits' }
  return /;base64$/i.test(header) ? decodeBase64(bytes) : { data: bytes }
}

function decodeBase64(bytes: Uint8Array): DecodedDataUrl {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const unpadded = text.replace(/={1,2}$/, '')
  if (/[^A-Za-z0-9+/]/.test(unpadded))
    return { mistake: 'the data URL has characters that are not base64' }
  const padded = text.length !== unpadded.length
  if (unpadded.length % 4 === 1 || (padded && text.length % 4 !== 0))
    return { mistake: 'the base64 data is cut off or wrongly padded' }
  return { data: Buffer.from(unpadded, 'base64') }
}

/** undefined when a % is not followed by two hex digits; other characters stand for their UTF-8. */
function unescapePercent(text: string): Uint8Array | undefined {
  const raw = Buffer.from(text, 'utf8')
  if (!raw.includes(percent)) return raw
  const result = Buffer.alloc(raw.length)
  let length = 0
  for (let index = 0; index < raw.length; index++) {
    if (raw[index] === percent) {
      const digits = raw.toString('latin1', index + 1, index + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined
      result[length++] = Number.parseInt(digits, 16)
      index += 2
    } else result[length++] = raw[index] ?? 0
  }
  return result.subarray(0, length)
}

const percent = 0x25
