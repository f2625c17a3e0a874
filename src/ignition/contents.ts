import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { decodeDataUrl, type Resource } from '../ignition-schema/index.ts'

/** What a resource comes to, or why it does not; the reason never shows the contents. */
export type Contents =
  | { readonly data: Buffer; readonly mistake?: never; readonly part?: never }
  | {
      readonly data?: never
      readonly mistake: string
      readonly part: 'compression' | 'verification'
    }

/** A config is a few MiB at most; more than this from one is a decompression bomb. */
const maximumBytes = 512 * 1024 * 1024

/** Decodes, decompresses and verifies a valid resource with a data URL, or without source (empty). */
export function readContents(
  { source = '', compression, verification }: Resource,
  limitBytes = maximumBytes,
): Contents {
  const encoded = source === '' ? new Uint8Array() : decodeDataUrl(source).data
  if (encoded === undefined) throw new RangeError('the resource has no valid data URL')
  const data = compression === 'gzip' ? gunzip(encoded, limitBytes) : Buffer.from(encoded)
  if (data === undefined)
    return { mistake: 'the data is not gzip, is damaged, or is too large', part: 'compression' }
  if (verification?.hash !== undefined && !hashMatches(verification.hash, data))
    return {
      mistake: `the ${data.length} bytes (decompressed) do not have this hash`,
      part: 'verification',
    }
  return { data }
}

function gunzip(data: Uint8Array, limitBytes: number): Buffer | undefined {
  // An empty source stays empty: there is nothing to decompress.
  if (data.length === 0) return Buffer.alloc(0)
  try {
    return gunzipSync(data, { maxOutputLength: limitBytes })
  } catch {
    return undefined
  }
}

function hashMatches(hash: string, data: Buffer): boolean {
  const [name = '', sum] = hash.split('-')
  return createHash(name).update(data).digest('hex') === sum?.toLowerCase()
}
