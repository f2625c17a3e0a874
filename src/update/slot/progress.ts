import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { readIfThere } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import type { Slot } from './layout.ts'

/** How far one partition was written: so many bytes are on the disk, and these are their SHA-256. */
export type Checkpoint = { readonly offsetBytes: number; readonly prefixSha256: string }

/** What a journal belongs to: another release, or another place for it, begins anew. */
export type SlotWork = {
  readonly diskId: string
  readonly startBytes: number
  readonly rootHash: string
  readonly digests: Readonly<Partial<Record<keyof Slot, string>>>
}

/**
 * The journal of a slot's writing: after a power cut the writing goes on from the last checkpoint. It only
 * saves work. What it says is held against the disk before it is used, and a journal that is damaged or of
 * other work counts as none.
 */
export class SlotProgress {
  readonly #path: string
  readonly #work: SlotWork
  readonly #checkpoints: Map<keyof Slot, Checkpoint>

  private constructor(path: string, work: SlotWork, checkpoints: [keyof Slot, Checkpoint][]) {
    this.#path = path
    this.#work = work
    this.#checkpoints = new Map(checkpoints)
  }

  static async open(path: string, work: SlotWork): Promise<SlotProgress> {
    return new SlotProgress(path, work, checkpointsOf((await readIfThere(path)) ?? '', work))
  }

  checkpoint(part: keyof Slot): Checkpoint | undefined {
    return this.#checkpoints.get(part)
  }

  /**
   * Is on the disk when this returns; undefined: the part begins anew. Throws
   * SLIPWAY_UPDATE_SLOT_JOURNAL_NOT_WRITTEN.
   */
  async record(part: keyof Slot, checkpoint: Checkpoint | undefined): Promise<void> {
    if (checkpoint === undefined) this.#checkpoints.delete(part)
    else this.#checkpoints.set(part, checkpoint)
    const journal = {
      formatVersion: 1,
      work: identityOf(this.#work),
      checkpoints: Object.fromEntries(this.#checkpoints),
    }
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      await writeFileAtomically(this.#path, `${JSON.stringify(journal)}\n`)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const details = { path: this.#path, reason }
      throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_JOURNAL_NOT_WRITTEN', details, cause)
    }
  }

  async remove(): Promise<void> {
    this.#checkpoints.clear()
    await rm(this.#path, { force: true })
  }
}

const partNames: readonly (keyof Slot)[] = ['usr', 'verity', 'signature']

/** One spelling for one piece of work. */
function identityOf({ diskId, startBytes, rootHash, digests }: SlotWork): string {
  return [diskId, startBytes, rootHash, ...partNames.map((part) => digests[part] ?? '-')].join(' ')
}

function checkpointsOf(text: string, work: SlotWork): [keyof Slot, Checkpoint][] {
  const journal = asRecord(parseJson(text))
  if (journal.formatVersion !== 1 || journal.work !== identityOf(work)) return []
  const checkpoints = asRecord(journal.checkpoints)
  return partNames.flatMap((part): [keyof Slot, Checkpoint][] => {
    const { offsetBytes, prefixSha256 } = asRecord(checkpoints[part])
    const isUsable =
      typeof offsetBytes === 'number' &&
      Number.isSafeInteger(offsetBytes) &&
      offsetBytes >= 0 &&
      typeof prefixSha256 === 'string'
    return isUsable ? [[part, { offsetBytes, prefixSha256 }]] : []
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Half a journal: the work begins anew.
    return undefined
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
