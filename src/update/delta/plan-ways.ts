import type { Deltas, ReleaseDescription } from '../release.ts'

/** How a part of a release comes to the host; `computed` is for the hash tree. */
export type Way = 'patch' | 'chunks' | 'compressed' | 'full' | 'computed'

export type WayCost = {
  readonly way: Way
  /** What is downloaded; for chunks the least that it can be, until the index was read. */
  readonly bytes: number
}

export type PlannedPart = 'usr' | 'verity' | 'uki'

/** The ways for each part, in the order in which they are tried: the full file comes last. */
export type WayPlan = Readonly<Record<PlannedPart, readonly WayCost[]>>

/** What the chunks take when they are looked up: bytes of each part. */
export type ChunkCost = { readonly usr: number; readonly uki: number }

/**
 * Chooses the cheapest way for each part, by bytes.
 *
 * @param runningRootHash what patches are made from
 * @param chunks undefined: nobody has looked, chunks are left out
 */
export function planWays(
  release: ReleaseDescription,
  runningRootHash: string,
  chunks: ChunkCost | undefined,
): WayPlan {
  const { usr, verity, uki, deltas = {} } = release
  const patch = patchFrom(deltas, runningRootHash)
  const ways = (part: 'usr' | 'uki', fullBytes: number): WayCost[] => {
    const cheaper: WayCost[] = []
    const offer = (way: Way, bytes: number | undefined) => {
      if (bytes !== undefined && bytes < fullBytes) cheaper.push({ way, bytes })
    }
    offer('patch', patch?.[part].sizeBytes)
    offer('chunks', chunks?.[part])
    offer('compressed', deltas.compressed?.[part].sizeBytes)
    cheaper.sort((a, b) => a.bytes - b.bytes)
    return [...cheaper, { way: 'full', bytes: fullBytes }]
  }
  return {
    usr: ways('usr', usr.sizeBytes),
    uki: ways('uki', uki.sizeBytes),
    verity: [
      ...(deltas.hashTree ? [{ way: 'computed', bytes: 0 } as const] : []),
      { way: 'full', bytes: verity.sizeBytes },
    ],
  }
}

/** The patch from what runs, if there is one. */
export function patchFrom({ patches = [] }: Deltas, runningRootHash: string) {
  return patches.find(({ rootHash }) => rootHash === runningRootHash)
}
