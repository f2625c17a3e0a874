import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readIfThere } from '../../../files/absence.ts'
import { writeFileAtomically } from '../../../files/atomic.ts'
import type { FilePlace } from '../k8s-file.ts'

/** How far a target has got. */
export type Positions = {
  /** What was written before is not for it: nanoseconds since the epoch, when it was first there. */
  readonly sinceNs: string
  /** Of containers whose log is in files, by id: where the next line begins. */
  readonly files: Readonly<Record<string, FilePlace>>
  /** The cursor of the last entry of the journal. */
  readonly cursor?: string
}

/** A place in a source: in a container's files, behind the last line of one that was removed, or in the journal. */
export type Place =
  | { readonly id: string; readonly place: FilePlace }
  | { readonly removed: string }
  | { readonly cursor: string }

/** The positions of one target, kept in a file. */
export class PositionFile {
  readonly #path: string
  readonly #sinceNs: string
  readonly #files: Map<string, FilePlace>
  #cursor: string | undefined
  #isChanged = false

  private constructor(path: string, { sinceNs, files, cursor }: Positions) {
    this.#path = path
    this.#sinceNs = sinceNs
    this.#files = new Map(Object.entries(files))
    this.#cursor = cursor
  }

  /** Reads the file; a target without one begins now. */
  static async open(path: string, now: Date): Promise<PositionFile> {
    const text = await readIfThere(path)
    if (text !== undefined) return new PositionFile(path, JSON.parse(text) as Positions)
    const sinceNs = String(BigInt(now.getTime()) * 1_000_000n)
    const positions = new PositionFile(path, { sinceNs, files: {} })
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await positions.#write()
    return positions
  }

  get sinceNs(): bigint {
    return BigInt(this.#sinceNs)
  }

  get cursor(): string | undefined {
    return this.#cursor
  }

  fileOf(id: string): FilePlace | undefined {
    return this.#files.get(id)
  }

  /** What was read up to there is sent. */
  advance(places: readonly Place[]): void {
    for (const place of places)
      if ('cursor' in place) this.#cursor = place.cursor
      else if ('removed' in place) this.#files.delete(place.removed)
      else this.#files.set(place.id, place.place)
    this.#isChanged ||= places.length > 0
  }

  /** Forgets containers that are not there any more. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#files.keys()) if (!ids.has(id)) this.advance([{ removed: id }])
  }

  /** Writes what has changed. */
  async save(): Promise<void> {
    if (!this.#isChanged) return
    this.#isChanged = false
    await this.#write()
  }

  async #write(): Promise<void> {
    const positions: Positions = {
      sinceNs: this.#sinceNs,
      files: Object.fromEntries(this.#files),
      ...(this.#cursor !== undefined && { cursor: this.#cursor }),
    }
    await writeFileAtomically(this.#path, `${JSON.stringify(positions)}\n`)
  }
}
