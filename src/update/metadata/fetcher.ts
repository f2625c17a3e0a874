import { BaseFetcher } from 'tuf-js'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { isSlipwayError } from '../../errors/error.ts'
import type { Limits } from './limits.ts'
import type { Server } from './server.ts'

/** Roots by version, as bytes. */
export type Roots = ReadonlyMap<number, Buffer>

/**
 * Brings metadata to tuf-js: roots that this host has accepted before from its cache, so that no server
 * can hide them; everything else from the server.
 */
export class MetadataFetcher extends BaseFetcher {
  /** Every root that was handed over, verified or not yet. */
  readonly roots = new Map<number, Buffer>()
  /** The file that was asked for last. */
  file = 'timestamp.json'
  /** The last one was a root of the cache. */
  fromCache = false
  /** Why the last download failed; tuf-js keeps only the text of some errors. */
  failure: unknown
  readonly #server: Server
  readonly #limits: Limits
  readonly #cached: Roots
  readonly #signal: AbortSignal | undefined

  constructor(server: Server, limits: Limits, cached: Roots, signal: AbortSignal | undefined) {
    super()
    this.#server = server
    this.#limits = limits
    this.#cached = cached
    this.#signal = signal
  }

  override async downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    this.file = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
    const version = rootVersion(this.file)
    const cached = version === undefined ? undefined : this.#cached.get(version)
    this.fromCache = cached !== undefined
    // tuf-js takes a length that was signed for a limit, whatever its own is.
    const limitBytes = Math.min(maxLength, limitOf(this.file, this.#limits))
    const bytes = cached ?? (await this.#download(limitBytes))
    if (version !== undefined) this.roots.set(version, bytes)
    return bytes
  }

  /** tuf-js's interface has it for targets, which this client streams by itself. */
  override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const bytes = await this.downloadBytes(url, Number.MAX_SAFE_INTEGER)
    return new Blob([new Uint8Array(bytes)]).stream()
  }

  async #download(limitBytes: number): Promise<Buffer> {
    try {
      return await this.#server.small(`metadata/${this.file}`, limitBytes, this.#signal)
    } catch (error) {
      if (isSlipwayError(error, 'SLIPWAY_UPDATE_NOT_FOUND') && rootVersion(this.file) !== undefined)
        // How tuf-js learns that there is no newer root.
        throw new DownloadHTTPError(error.message, 404)
      this.failure = error
      throw error
    }
  }
}

function limitOf(file: string, limits: Limits): number {
  if (file.endsWith('.root.json')) return limits.rootBytes
  if (file.endsWith('.snapshot.json')) return limits.snapshotBytes
  return file === 'timestamp.json' ? limits.timestampBytes : limits.targetsBytes
}

/** Of a name such as `3.root.json`. */
export function rootVersion(file: string): number | undefined {
  const version = /^([1-9]\d{0,8})\.root\.json$/.exec(file)?.[1]
  return version === undefined ? undefined : Number(version)
}
