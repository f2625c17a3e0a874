import type { FileHandle } from 'node:fs/promises'
import { generations } from '../generations.ts'
import { type FilePlace, openGeneration, placedLines } from '../k8s-file.ts'
import { entryOf, type LogEntry, type Writer } from './entry.ts'
import { LineJoiner } from './line-joiner.ts'

/** A container's log, and until when it is written to. */
export type FileSource = {
  readonly writer: Writer
  readonly path: string
  /** The file that is being written, already open: it may be removed at any time. */
  readonly open: () => Promise<FileHandle>
  readonly ended: AbortSignal
}

/** Reading costs less by many lines than by one; nobody waits for them so eagerly. */
const gatherMs = 100

/** Lines of a container's files, and the place from which all that follows can be read. */
export type FilePiece = { readonly entries: readonly LogEntry[]; readonly place: FilePlace }

/**
 * Reads a container's files to the end of its run.
 *
 * @param from where an earlier reading left off; all that is kept if undefined
 * @param onGap called when the files have not kept that place
 */
export async function* filePieces(
  { writer, path, open, ended }: FileSource,
  from: FilePlace | undefined,
  onGap: () => void,
  signal: AbortSignal,
): AsyncGenerator<FilePiece> {
  const start = await startOf(path, open, from, onGap)
  const joiner = new LineJoiner<FilePlace>()
  let end: FilePlace | undefined
  for await (const { inode, lines } of placedLines(path, {
    ...start,
    follow: true,
    gatherMs,
    signal,
    ended,
  })) {
    const entries = lines.flatMap(({ line, start: bytes }) =>
      joiner.add(entryOf(writer, line), { inode, bytes }),
    )
    end = { inode, bytes: lines.at(-1)?.end ?? 0 }
    yield { entries, place: joiner.heldFrom ?? end }
  }
  // Whoever stops reading before the end goes on from before the part.
  if (end !== undefined && ended.aborted && !signal.aborted)
    yield { entries: joiner.rest(), place: end }
}

async function startOf(
  path: string,
  open: FileSource['open'],
  from: FilePlace | undefined,
  onGap: () => void,
) {
  const current = await open()
  const { ino } = await current.stat()
  if (from?.inode === ino) return { file: current, bytes: from.bytes }
  const files = await generations(path)
  const known = files.find(({ inode }) => inode === from?.inode)
  if (from !== undefined && known === undefined) onGap()
  const wanted = known ?? files[0]
  const file =
    wanted === undefined || wanted.inode === ino ? undefined : await openGeneration(wanted)
  if (file === undefined) return { file: current, bytes: 0 }
  await current.close()
  return { file, bytes: known === undefined ? 0 : (from?.bytes ?? 0) }
}
