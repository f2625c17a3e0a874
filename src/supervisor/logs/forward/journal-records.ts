import { journalEntries, parseJournalEntry } from '../journald.ts'
import type { LogLine } from '../log-line.ts'
import { entryOf, type LogEntry, type Writer } from './entry.ts'
import { LineJoiner } from './line-joiner.ts'

/** A line of some container in the journal. */
export type JournalRecord = {
  readonly cursor: string
  readonly id: string
  readonly name: string
  readonly line: LogLine
}

export type JournalStart = { readonly cursor: string } | { readonly sinceNs: bigint }

/** What containers have written to the journal after a cursor or a time, and what they go on to write. */
async function* journalRecords(
  from: JournalStart,
  signal: AbortSignal,
): AsyncGenerator<JournalRecord> {
  const start =
    'cursor' in from ? `--after-cursor=${from.cursor}` : `--since=@${from.sinceNs / 1_000_000_000n}`
  // conmon alone sends entries with the id of a container; its name is the kernel's word.
  const query = [start, '--lines=all', '--follow', '_COMM=conmon']
  for await (const text of journalEntries(query, signal)) {
    const record = parseRecord(text)
    if (record !== undefined) yield record
  }
}

/** Lines of containers in the journal, and the cursor after which all that follows can be read. */
export type JournalPiece = { readonly entries: readonly LogEntry[]; readonly cursor: string }

/**
 * Reads the journal on, without end.
 *
 * @param writerOf tells of a container by its id; undefined for one that is not wanted
 */
export async function* journalPieces(
  from: JournalStart,
  writerOf: (record: JournalRecord) => Writer | undefined,
  signal: AbortSignal,
): AsyncGenerator<JournalPiece> {
  const joiner = new LineJoiner<string | undefined>()
  let before = 'cursor' in from ? from.cursor : undefined
  for await (const record of journalRecords(from, signal)) {
    const { cursor, line } = record
    const writer = writerOf(record)
    const entries = writer === undefined ? [] : joiner.add(entryOf(writer, line), before)
    if (entries.length > 0) yield { entries, cursor: joiner.heldFrom ?? cursor }
    before = cursor
  }
}

/** Undefined for what is no line of a container. */
export function parseRecord(text: string): JournalRecord | undefined {
  const line = parseJournalEntry(text)
  const fields = JSON.parse(text) as Readonly<Record<string, unknown>>
  const { __CURSOR: cursor, CONTAINER_ID_FULL: id, CONTAINER_NAME: name } = fields
  if (line === undefined || typeof cursor !== 'string' || typeof id !== 'string') return undefined
  return { cursor, id, name: typeof name === 'string' ? name : id.slice(0, 12), line }
}
