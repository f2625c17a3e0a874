import type { LogEntry } from './entry.ts'

/** Longer lines are sent in parts. */
const maximumBytes = 64 * 1024
/** Whoever writes on so much later does not end the line soon. */
const maximumAgeNs = 1_000_000_000n

type Unfinished<Place> = { readonly before: Place; readonly parts: LogEntry[]; sizeBytes: number }

/**
 * Puts lines together that conmon has cut: it reads 8 KiB at once, wherever they end. What has no end after a second is
 * given as a part.
 */
export class LineJoiner<Place> {
  /** By container and stream, the oldest first. */
  readonly #unfinished = new Map<string, Unfinished<Place>>()

  /**
   * Gives what is complete with this entry.
   *
   * @param before the place before the entry
   */
  add(entry: LogEntry, before: Place): LogEntry[] {
    const ready = this.#stale(entry.timeNs)
    const key = `${entry.writer.id} ${entry.stream}`
    const unfinished = this.#unfinished.get(key)
    if (unfinished === undefined && !entry.isPart) return [...ready, entry]
    const line = unfinished ?? { before, parts: [], sizeBytes: 0 }
    line.parts.push(entry)
    line.sizeBytes += entry.text.length
    this.#unfinished.set(key, line)
    if (entry.isPart && line.sizeBytes < maximumBytes) return ready
    this.#unfinished.delete(key)
    return [...ready, joined(line)]
  }

  /** The place before the first of what is not given yet; undefined when there is nothing. */
  get heldFrom(): Place | undefined {
    return this.#unfinished.values().next().value?.before
  }

  /** Gives what has no end: none will come. */
  rest(): LogEntry[] {
    const lines = [...this.#unfinished.values()].map(joined)
    this.#unfinished.clear()
    return lines
  }

  #stale(nowNs: bigint): LogEntry[] {
    const stale: LogEntry[] = []
    for (const [key, line] of this.#unfinished) {
      if ((line.parts[0]?.timeNs ?? 0n) + maximumAgeNs > nowNs) continue
      this.#unfinished.delete(key)
      stale.push(joined(line))
    }
    return stale
  }
}

function joined({ parts }: Unfinished<unknown>): LogEntry {
  const [first, last] = [parts[0], parts.at(-1)]
  if (first === undefined || last === undefined) throw new Error('a line without parts')
  const text = Buffer.concat(parts.map((part) => part.text))
  return { ...first, text, isPart: last.isPart }
}
