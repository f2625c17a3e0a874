import { readFile } from 'node:fs/promises'
import { isSlipwayError, type SlipwayError } from '../../errors/error.ts'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import type { Artifact, ReleaseDescription } from '../release.ts'
import type { Content, SlotContents } from '../slot/content.ts'
import type { Extent } from '../slot/layout.ts'
import { type ChunkedPart, type ChunkIndex, parseIndex } from './chunk-index.ts'
import { chunkedContent, type Found, findChunks, missingBytes, withWritten } from './chunks.ts'
import { Downloads, type TargetSource } from './downloads.ts'
import { computedHashTree } from './hash-tree.ts'
import { patchedContent } from './patch.ts'
import {
  type PlannedPart,
  patchFrom,
  planWays,
  type Way,
  type WayCost,
  type WayPlan,
} from './plan-ways.ts'
import { Seed } from './seed.ts'
import { unpackedContent } from './unpack.ts'

export type DeltaOptions = {
  readonly release: ReleaseDescription
  /** A `ReleaseClient`, refreshed. */
  readonly source: TargetSource
  readonly running: {
    readonly rootHash: string
    /** The partition of the running /usr. */
    readonly usr: Extent
    /** The file of the running UKI; undefined if there is none to be found. */
    readonly uki?: Extent | undefined
  }
  /** The free slot's usr partition, to which the release's /usr is written before its hash tree and UKI are asked for. */
  readonly free: Extent
  /** Where files lie meanwhile: /var/lib/slipway/update/downloads. */
  readonly directory: string
  readonly signal?: AbortSignal | undefined
  readonly report?: (notice: DeltaNotice) => void
}

/** What is told as it happens. */
export type DeltaNotice =
  /** The way that is gone, and what it downloads. */
  | {
      readonly kind: 'chosen'
      readonly part: PlannedPart
      readonly way: Way
      readonly bytes: number
    }
  /** A way that failed; the next cheapest one is gone. */
  | {
      readonly kind: 'failed'
      readonly part: PlannedPart
      readonly way: Way
      readonly error: SlipwayError
    }

export type ReleaseContents = { readonly slot: SlotContents; readonly uki: Content }

/**
 * Gives a release's contents by the cheapest ways to `install`, and calls it again with the next cheapest when
 * one does not hold what it promised; the full files come last. `install` is `installRelease`, which
 * checks every part against its digest. Where it succeeds, the files that were downloaded are taken away;
 * after another error they stay, so that the next try goes on.
 *
 * @throws what `install` throws, and what the last way throws
 */
export async function withContents<Result>(
  options: DeltaOptions,
  install: (contents: ReleaseContents) => Promise<Result>,
): Promise<Result> {
  const ways = new Ways(options)
  await ways.prepare()
  for (;;) {
    try {
      const result = await install(ways.contents())
      await ways.clear()
      return result
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(await ways.giveUpLast(error))) throw error
    }
  }
}

/** What the fault of a delta, or of one file of the server, looks like; anything else is thrown on. */
const deltaFaults = [
  'SLIPWAY_UPDATE_DELTA_DAMAGED',
  'SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE',
  'SLIPWAY_UPDATE_DELTA_NOT_STORED',
  'SLIPWAY_UPDATE_RANGES_REFUSED',
  'SLIPWAY_UPDATE_TARGET_DAMAGED',
  'SLIPWAY_UPDATE_TARGET_WRONG_LENGTH',
  'SLIPWAY_UPDATE_NOT_FOUND',
  'SLIPWAY_UPDATE_SLOT_DIGEST',
  'SLIPWAY_UPDATE_SLOT_LENGTH',
]

function isDeltaFault(error: unknown): error is SlipwayError {
  return deltaFaults.some((code) => isSlipwayError(error, code))
}

class Ways {
  readonly #options: DeltaOptions
  readonly #downloads: Downloads
  #chunks:
    | { readonly index: ChunkIndex; readonly found: Readonly<Record<ChunkedPart, Found>> }
    | undefined
  #plan: WayPlan
  readonly #failed: Record<PlannedPart, Way[]> = { usr: [], verity: [], uki: [] }
  /** The part whose content was read last: an error is its. */
  #last: PlannedPart | undefined

  constructor(options: DeltaOptions) {
    this.#options = options
    this.#downloads = new Downloads(options.directory, options.source)
    const { release, running } = options
    this.#plan = planWays(release, running.rootHash, undefined)
  }

  /** Looks what the chunks would cost, unless there is a patch. */
  async prepare(): Promise<void> {
    const { release, running } = this.#options
    await this.#downloads.keepOnly(filesOf(release))
    if (!patchFrom(release.deltas ?? {}, running.rootHash)) await this.#lookForChunks()
    for (const part of ['usr', 'verity', 'uki'] as const) this.#tell(part)
  }

  contents(): ReleaseContents {
    const { release } = this.#options
    const content = (part: PlannedPart) => this.#content(part, release[part])
    const { signature } = release
    return {
      slot: {
        usr: content('usr'),
        verity: content('verity'),
        ...(signature && { signature: this.#full(signature, undefined) }),
      },
      uki: content('uki'),
    }
  }

  /** Takes the next way for the part that failed; false if the error is not a way's fault, or was of the last. */
  async giveUpLast(error: unknown): Promise<boolean> {
    const part = this.#last
    if (part === undefined || !isDeltaFault(error)) return false
    const { way } = this.#way(part)
    if (way === 'full') return false
    this.#options.report?.({ kind: 'failed', part, way, error })
    this.#failed[part].push(way)
    if (way === 'patch' && this.#chunks === undefined) await this.#lookForChunks()
    this.#tell(part)
    return true
  }

  /** The release's /usr, where it is written. */
  #newUsr(): Extent {
    const { release, free } = this.#options
    return { ...free, sizeBytes: release.usr.sizeBytes }
  }

  #way(part: PlannedPart): WayCost {
    const { release } = this.#options
    const open = this.#plan[part].find(({ way }) => !this.#failed[part].includes(way))
    return open ?? { way: 'full', bytes: release[part].sizeBytes }
  }

  #tell(part: PlannedPart): void {
    this.#options.report?.({ kind: 'chosen', part, ...this.#way(part) })
  }

  async clear(): Promise<void> {
    await this.#downloads.keepOnly([])
  }

  async #lookForChunks(): Promise<void> {
    const { release, running, signal, report } = this.#options
    const { chunks } = release.deltas ?? {}
    if (chunks === undefined) return
    try {
      const file = await readFile(await this.#downloads.file(chunks.index, signal))
      const sizes = { usr: release.usr.sizeBytes, uki: release.uki.sizeBytes }
      const index = parseIndex(file, chunks.pack.sizeBytes, sizes)
      const seeds = [running.usr, ...(running.uki ? [running.uki] : [])]
      const inSeeds = await findChunks([...index.usr, ...index.uki], seeds, signal)
      const found = { usr: inSeeds, uki: withWritten(inSeeds, index.usr, this.#newUsr()) }
      this.#chunks = { index, found }
      const cost = {
        usr: missingBytes(index.usr, found.usr),
        uki: missingBytes(index.uki, found.uki),
      }
      this.#plan = planWays(release, running.rootHash, cost)
    } catch (error) {
      signal?.throwIfAborted()
      if (!isDeltaFault(error)) throw error
      report?.({ kind: 'failed', part: 'usr', way: 'chunks', error })
    }
  }

  #content(part: PlannedPart, artifact: Artifact): Content {
    const { sizeBytes, sha256 } = artifact
    return {
      sizeBytes,
      sha256,
      read: (offsetBytes) => this.#read(part, artifact, offsetBytes),
    }
  }

  async *#read(part: PlannedPart, artifact: Artifact, offsetBytes: number) {
    this.#last = part
    const content = await this.#byWay(part, artifact, this.#way(part).way)
    yield* content.read(offsetBytes)
  }

  async #byWay(part: PlannedPart, artifact: Artifact, way: Way): Promise<Content> {
    const { release, running, free, source, signal } = this.#options
    const { deltas = {} } = release
    if (part === 'verity')
      return way === 'computed' && deltas.hashTree
        ? computedHashTree(artifact, deltas.hashTree, this.#newUsr(), signal)
        : this.#full(artifact, undefined)
    const { compressed, chunks } = deltas
    if (way === 'compressed' && compressed)
      return unpackedContent(artifact, await this.#downloads.file(compressed[part], signal))
    const patch = patchFrom(deltas, running.rootHash)
    if (way === 'patch' && patch) {
      const seed = running[part]
      if (seed === undefined) {
        const details = { path: 'the ESP', reason: 'the running UKI was not found' }
        throw updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE', details)
      }
      return patchedContent(artifact, await this.#downloads.file(patch[part], signal), seed)
    }
    if (way === 'chunks' && chunks && this.#chunks) {
      const { index, found } = this.#chunks
      return chunkedContent(artifact, index[part], found[part], (from, to) =>
        source.range(chunks.pack, from, to, signal),
      )
    }
    return this.#full(artifact, part === 'usr' ? free : undefined)
  }

  /** The file itself, straight from the server. `written` has what comes before an offset. */
  #full(artifact: Artifact, written: Extent | undefined): Content {
    const { source, signal } = this.#options
    const { sizeBytes, sha256 } = artifact
    return {
      sizeBytes,
      sha256,
      async *read(offsetBytes) {
        if (offsetBytes > 0 && written) {
          await using seed = await Seed.open({ ...written, sizeBytes: offsetBytes })
          yield* source.download(artifact, { present: seed.pieces(signal), signal })
          return
        }
        let skip = offsetBytes
        for await (const piece of source.download(artifact, { signal })) {
          const skipped = Math.min(skip, piece.length)
          skip -= skipped
          if (skipped < piece.length) yield piece.subarray(skipped)
        }
      },
    }
  }
}

/** What may lie among the downloads for a release. */
function filesOf({ deltas = {} }: ReleaseDescription): Artifact[] {
  const { compressed, patches = [], chunks } = deltas
  return [
    ...[compressed, ...patches].flatMap((files) => (files ? [files.usr, files.uki] : [])),
    ...(chunks ? [chunks.index] : []),
  ]
}
