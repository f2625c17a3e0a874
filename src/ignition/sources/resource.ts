import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { ignitionErrors } from '../../errors/ignition.ts'
import { type Resource, scheme } from '../../ignition-schema/index.ts'
import { reasonOf } from './failure.ts'
import type { Fetcher } from './fetcher.ts'
import { inMemory } from './in-memory.ts'
import { sourceName } from './source-url.ts'

/**
 * The bytes of a resource, decompressed and verified, in memory. Throws as Fetcher.fetch, and
 * SLIPWAY_IGNITION_FETCH_DECOMPRESSION, SLIPWAY_IGNITION_FETCH_HASH, SLIPWAY_IGNITION_FETCH_TOO_LARGE.
 */
export async function fetchBytes(
  fetcher: Fetcher,
  resource: Resource,
  { limitBytes, signal }: { limitBytes?: number; signal?: AbortSignal } = {},
): Promise<Buffer> {
  refuseCompressedObject(resource)
  return await fetcher.fetch(
    resource,
    (bytes) => inMemory(checked(bytes, resource), resource.source ?? '', limitBytes),
    signal,
  )
}

/**
 * Writes the bytes of a resource, decompressed and verified, to a file that only its owner may read,
 * and brings them to the disk; memory does not grow with them. Throws as fetchBytes, and what the
 * file system throws. When it throws, the file may be there, unfinished.
 */
export async function fetchFile(fetcher: Fetcher, resource: Resource, path: string): Promise<void> {
  refuseCompressedObject(resource)
  await fetcher.fetch(resource, async (bytes) => {
    const file = await open(path, 'w', 0o600)
    try {
      for await (const piece of checked(bytes, resource)) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
  })
}

async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  { source = '', compression, verification }: Resource,
): AsyncGenerator<Uint8Array, void, undefined> {
  const plain = compression === 'gzip' && source !== '' ? decompressed(bytes, source) : bytes
  const [name = '', expected] = verification?.hash?.split('-') ?? []
  const hash = expected === undefined ? undefined : createHash(name)
  for await (const piece of plain) {
    hash?.update(piece)
    yield piece
  }
  const actual = hash?.digest('hex')
  if (actual !== undefined && actual !== expected?.toLowerCase())
    throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_HASH', {
      source: sourceName(source),
      function: name,
      actual,
    })
}

async function* decompressed(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip()
  const feeding = pipeline(bytes, gunzip)
  // Read from the other end, where the same error comes out.
  feeding.catch(() => undefined)
  let hasBegun = false
  try {
    for await (const piece of gunzip) {
      hasBegun = true
      yield piece
    }
    await feeding
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')))
      throw error
    const reason = hasBegun ? reasonOf(error) : `it is not gzip (${reasonOf(error)})`
    const details = { source: sourceName(source), reason }
    throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_DECOMPRESSION', details, error)
  }
}

/** As the reference implementation does, so that a config works on both or on none. */
function refuseCompressedObject({ source = '', compression }: Resource): void {
  if (!compression || !['s3', 'arn'].includes(scheme(source) ?? '')) return
  throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_DECOMPRESSION', {
    source: sourceName(source),
    reason: 'Ignition has no compression with S3',
  })
}
