import { Serial } from '../serial.ts'
import { checkSpace, freeSpace } from './limits.ts'

/** What a running pull will still write, by layer. */
export class Claim {
  readonly #layers: Map<string, number>

  constructor(layers: ReadonlyMap<string, number>) {
    this.#layers = new Map(layers)
  }

  get layers(): ReadonlyMap<string, number> {
    return this.#layers
  }

  /** This much of a layer is on the disk, or all of it. */
  written(diffId: string, restBytes: number): void {
    if (restBytes > 0) this.#layers.set(diffId, restBytes)
    else this.#layers.delete(diffId)
  }
}

/** Sees to it that pulls that run at the same time do not count on the same free space. */
export class SpaceClaims {
  readonly #directory: string
  readonly #reserveBytes: number
  readonly #claims = new Set<Claim>()
  readonly #turns = new Serial()

  constructor(directory: string, reserveBytes: number) {
    this.#directory = directory
    this.#reserveBytes = reserveBytes
  }

  /**
   * Claims space for what a pull writes at least, by layer.
   *
   * @param makeRoom is asked for as many free bytes as it takes, if they are not free already
   * @throws SLIPWAY_IMAGES_DISK_FULL
   */
  async claim(
    what: string,
    layers: ReadonlyMap<string, number>,
    makeRoom: (freeBytes: number) => Promise<void>,
  ): Promise<Claim> {
    return await this.#turns.run(async () => {
      const claim = new Claim(layers)
      const taken = claimedBytes([...this.#claims], layers)
      const neededBytes = claimedBytes([claim])
      const freeBytes = neededBytes + taken + this.#reserveBytes
      if (neededBytes > 0 && (await freeSpace(this.#directory)) < freeBytes)
        await makeRoom(freeBytes)
      if (neededBytes > 0)
        await checkSpace(what, this.#directory, neededBytes, this.#reserveBytes, taken)
      this.#claims.add(claim)
      return claim
    })
  }

  /** The pull has ended. */
  end(claim: Claim): void {
    this.#claims.delete(claim)
  }
}

/** A layer that several pulls wait for is written once. */
export function claimedBytes(
  claims: readonly Claim[],
  except: ReadonlyMap<string, number> = new Map(),
): number {
  const layers = new Map<string, number>()
  for (const claim of claims)
    for (const [diffId, bytes] of claim.layers)
      if (!except.has(diffId)) layers.set(diffId, Math.max(bytes, layers.get(diffId) ?? 0))
  return [...layers.values()].reduce((sum, bytes) => sum + bytes, 0)
}
