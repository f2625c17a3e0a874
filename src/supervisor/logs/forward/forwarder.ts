import { setTimeout as delay } from 'node:timers/promises'
import { delayBefore } from '../../../http/retry.ts'
import { describeError, type Log } from '../../../journal/log.ts'
import type { FilePlace } from '../k8s-file.ts'
import { type Batch, Batches } from './batches.ts'
import type { Writer } from './entry.ts'
import { type FileSource, filePieces } from './file-source.ts'
import { type JournalRecord, journalPieces } from './journal-records.ts'
import type { PositionFile } from './positions.ts'
import { LaterError, type Target } from './target.ts'

/** What a forwarder has done so far. */
export type ForwardCounts = {
  readonly sentLines: number
  /** The other side would not take them. */
  readonly refusedLines: number
  /** Tries that failed and were repeated. */
  readonly failures: number
  /** Times at which lines had gone from the host before they were sent. */
  readonly gaps: number
}

const retries = {
  attempts: Number.POSITIVE_INFINITY,
  firstDelayMs: 500,
  maximumDelayMs: 30_000,
  maximumRetryAfterMs: 300_000,
}
/** How often positions are looked after when nothing is to be sent. */
const idleMs = 1_000
/** How long the supervisor's end waits for what was read already. */
const closeMs = 3_000
/** Logs of removed containers that wait to be read: each holds a file open. */
const maximumRemoved = 128

/**
 * Brings the output of containers to one target, from what is kept on the host: who writes is never held up, and what the
 * target did not take yet waits in the log. The place up to which it has all is kept over restarts.
 */
export class Forwarder {
  readonly #name: string
  readonly #target: Target
  readonly #positions: PositionFile
  readonly #log: Log
  readonly #batches = new Batches()
  readonly #reading = new AbortController()
  readonly #sending = new AbortController()
  readonly #sources = new Map<string, { reading: Promise<void>; drop: AbortController }>()
  readonly #read = new Map<string, FilePlace>()
  readonly #removed = new Map<string, AbortController>()
  readonly #unsettled: Batch[] = []
  readonly #counts = { sentLines: 0, refusedLines: 0, failures: 0, gaps: 0 }
  readonly #done: Promise<void>

  constructor(name: string, target: Target, positions: PositionFile, log: Log) {
    this.#name = name
    this.#target = target
    this.#positions = positions
    this.#log = log
    this.#done = this.#run()
  }

  get counts(): ForwardCounts {
    return this.#counts
  }

  /** Reads a container's files to the end of its run; a run that follows is read after that. */
  follow(source: FileSource): void {
    const { id } = source.writer
    const { reading: before, drop } = this.#sources.get(id) ?? {
      reading: Promise.resolve(),
      drop: new AbortController(),
    }
    const signal = AbortSignal.any([this.#reading.signal, drop.signal])
    const reading = before.then(async () => {
      try {
        await this.#readFiles(source, signal)
      } catch (error) {
        this.#counts.gaps += 1
        this.#log.error(`${source.writer.name}: its log is not forwarded: ${describeError(error)}`)
      }
    })
    this.#sources.set(id, { reading, drop })
    void reading.then(() => {
      if (this.#sources.get(id)?.reading === reading) this.#sources.delete(id)
    })
  }

  /** The container is removed: what was not read of its log is read now, if there are not too many. */
  removed(id: string): void {
    const { reading, drop } = this.#sources.get(id) ?? { reading: Promise.resolve() }
    if (drop !== undefined) this.#removed.set(id, drop)
    const [oldest] = this.#removed
    if (oldest !== undefined && this.#removed.size > maximumRemoved) {
      this.#counts.gaps += 1
      oldest[1].abort()
      this.#removed.delete(oldest[0])
    }
    void reading.then(async () => {
      this.#removed.delete(id)
      this.#read.delete(id)
      await this.#batches.add({ entries: [], place: { removed: id } }, this.#reading.signal)
    })
  }

  /** Reads the journal on. `writerOf` tells of a container by its id, if the entry is for this. */
  followJournal(writerOf: (record: JournalRecord) => Writer | undefined): void {
    void this.#readJournal(writerOf)
  }

  /** Sends what was read, if the target takes it soon, and writes down how far it has got. */
  async close(): Promise<void> {
    this.#reading.abort()
    const timer = setTimeout(() => this.#sending.abort(), closeMs)
    await this.#done
    await this.#target.close()
    clearTimeout(timer)
    this.#settle()
    await this.#positions.save()
  }

  async #run(): Promise<void> {
    const { signal } = this.#reading
    while (!this.#sending.signal.aborted) {
      const batch = await this.#batches.next(idleMs, signal)
      const isNothing = batch.entries.length === 0 && batch.places.length === 0
      if (isNothing && signal.aborted) return
      // An empty batch has the target look after those that it could still lose.
      if (!isNothing || this.#target.unsettled > 0) await this.#deliver(batch)
      this.#settle()
      try {
        await this.#positions.save()
      } catch (error) {
        this.#log.error(`logs to ${this.#name}: the position: ${describeError(error)}`)
      }
    }
  }

  /** Tries until it works, or until the supervisor ends. */
  async #deliver(batch: Batch): Promise<void> {
    const { signal } = this.#sending
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        const { refused, reason } = await this.#target.send(batch.entries, signal)
        if (attempt > 1) this.#log.info(`logs to ${this.#name}: they go on`)
        if (refused > 0)
          this.#log.warning(`logs to ${this.#name}: ${refused} lines were refused: ${reason}`)
        this.#counts.refusedLines += refused
        this.#counts.sentLines += batch.entries.length - refused
        if (batch.places.length > 0) this.#unsettled.push(batch)
        return
      } catch (error) {
        if (signal.aborted) return
        this.#counts.failures += 1
        if (attempt === 1) this.#log.warning(`logs to ${this.#name} wait: ${describeError(error)}`)
        await delay(waitMs(error, attempt), undefined, { signal }).catch(() => {})
      }
    }
  }

  #settle(): void {
    while (this.#unsettled.length > this.#target.unsettled)
      this.#positions.advance(this.#unsettled.shift()?.places ?? [])
  }

  async #readFiles(source: FileSource, signal: AbortSignal): Promise<void> {
    const { id } = source.writer
    const from = this.#read.get(id) ?? this.#positions.fileOf(id)
    const onGap = () => {
      this.#counts.gaps += 1
    }
    for await (const { entries, place } of filePieces(source, from, onGap, signal)) {
      this.#read.set(id, place)
      const wanted = entries.filter(({ timeNs }) => timeNs >= this.#positions.sinceNs)
      await this.#batches.add({ entries: wanted, place: { id, place } }, signal)
    }
  }

  async #readJournal(writerOf: (record: JournalRecord) => Writer | undefined): Promise<void> {
    const { signal } = this.#reading
    let { cursor } = this.#positions
    while (!signal.aborted) {
      try {
        const from = cursor === undefined ? { sinceNs: this.#positions.sinceNs } : { cursor }
        for await (const piece of journalPieces(from, writerOf, signal)) {
          cursor = piece.cursor
          await this.#batches.add({ entries: piece.entries, place: { cursor } }, signal)
        }
        if (!signal.aborted) throw new Error('journalctl has ended')
      } catch (error) {
        this.#log.error(`logs to ${this.#name}: the journal: ${describeError(error)}`)
      }
      await delay(idleMs, undefined, { signal }).catch(() => {})
    }
  }
}

function waitMs(error: unknown, attempt: number): number {
  const usual = delayBefore(attempt + 1, retries)
  const asked = error instanceof LaterError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(usual, Math.min(asked, retries.maximumRetryAfterMs))
}
