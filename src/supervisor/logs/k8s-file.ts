import { type FileHandle, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { ifAbsent } from '../../files/absence.ts'
import { openIfThere } from '../../files/open-if-there.ts'
import { FileChanges } from './file-changes.ts'
import { type Generation, generations, inodeOf } from './generations.ts'
import { LineReader, type PlacedLine } from './line-reader.ts'
import type { LogLine, LogQuery } from './log-line.ts'

const lineFeed = 0x0a

export type FileQuery = LogQuery & {
  /** Begins here instead of at the beginning of all that is kept; in bytes of the file that is being written. */
  readonly fromBytes?: number
  /** Aborts when the container has ended, so that nothing more is written. */
  readonly ended: AbortSignal
}

/** A place in the files of a log. */
export type FilePlace = { readonly inode: number; readonly bytes: number }

/** Lines that were read at once, all from one file. */
export type PlacedLines = { readonly inode: number; readonly lines: readonly PlacedLine[] }

/**
 * A container's output as conmon wrote it to files, oldest first. When following it ends once `ended` has
 * aborted and all was read. conmon begins a new file under the same name when one has its full size.
 */
export async function* k8sFileLines(path: string, query: FileQuery): AsyncGenerator<LogLine> {
  const start = await startOf(path, query)
  if (start === undefined) return
  for await (const { lines } of placedLines(path, { ...query, ...start }))
    for (const { line } of lines) yield line
}

export type PlacedQuery = Pick<FileQuery, 'follow' | 'signal' | 'ended'> & {
  /** The file to begin with; it is closed at the end. */
  readonly file: FileHandle
  /** Where in it. */
  readonly bytes: number
  /** How long to wait for more after a change, for who wants many lines at once rather than each at once. */
  readonly gatherMs?: number
}

/** The lines of a log with their places, from one of its files on. */
export async function* placedLines(path: string, query: PlacedQuery): AsyncGenerator<PlacedLines> {
  const { follow, signal, ended } = query
  let { file } = query
  const watch = () => (follow ? new FileChanges(path, [signal, ended]) : undefined)
  let changes = watch()
  try {
    let reader = new LineReader(file, query.bytes)
    let { ino: inode } = await file.stat()
    for (;;) {
      if (signal.aborted) return
      // Before the read: what is written after it belongs to the next round.
      const last = ended.aborted
      for await (const lines of reader.chunks()) yield { inode, lines }
      const next = await fileAfter(path, inode)
      if (next !== undefined) {
        for await (const lines of reader.chunks()) yield { inode, lines }
        await file.close()
        file = next
        reader = new LineReader(file, 0)
        changes?.close()
        changes = watch()
        inode = (await file.stat()).ino
      } else if (changes === undefined || last) return
      else {
        await changes.wait()
        if (query.gatherMs !== undefined && !ended.aborted) await pause(query.gatherMs, signal)
      }
    }
  } finally {
    changes?.close()
    await file.close()
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // Whoever stops waiting is noticed in the next round.
  await delay(ms, undefined, { signal }).catch(() => {})
}

/** The size of the log now: what is written later comes after it. 0 if there is none yet. */
export async function logSize(path: string): Promise<number> {
  return (await stat(path).catch(ifAbsent))?.size ?? 0
}

/** Opens one of a log's files; undefined when it has gone meanwhile, or is another one by now. */
export async function openGeneration({ path, inode }: Generation): Promise<FileHandle | undefined> {
  const file = await openIfThere(path)
  if (file === undefined || (await file.stat()).ino === inode) return file
  await file.close()
  return undefined
}

/** The file that follows that one; the oldest if that one is kept no more. */
async function fileAfter(path: string, inode: number): Promise<FileHandle | undefined> {
  if ((await inodeOf(path)) === inode) return undefined
  for (;;) {
    const files = await generations(path)
    const next = files[files.findIndex((one) => one.inode === inode) + 1]
    if (next === undefined) return undefined
    const file = await openGeneration(next)
    if (file !== undefined) return file
  }
}

type Start = { readonly file: FileHandle; readonly bytes: number }

async function startOf(path: string, { tail, fromBytes }: FileQuery): Promise<Start | undefined> {
  const files = await generations(path)
  if (tail !== undefined) return await startOfTail(files, tail)
  const first = fromBytes === undefined ? files[0] : files.at(-1)
  const file = first && (await openGeneration(first))
  return file && { file, bytes: fromBytes ?? 0 }
}

/** Where the last lines begin; a line in several parts counts once. */
async function startOfTail(files: readonly Generation[], tail: number): Promise<Start | undefined> {
  let missing = tail
  for (const [index, one] of files.toReversed().entries()) {
    const file = await openGeneration(one)
    if (file === undefined) continue
    const { starts, end } = await lastStarts(file, missing)
    if (missing === 0) return { file, bytes: end }
    missing -= starts.length
    if (missing === 0 || index === files.length - 1) return { file, bytes: starts[0] ?? 0 }
    await file.close()
  }
  return undefined
}

async function lastStarts(file: FileHandle, most: number) {
  const starts: number[] = []
  const reader = new LineReader(file, 0)
  let begins = true
  for await (const lines of reader.chunks())
    for (const { line, start } of lines) {
      if (begins) starts.push(start)
      if (starts.length > most) starts.shift()
      begins = line.content.at(-1) === lineFeed
    }
  return { starts, end: reader.position }
}
