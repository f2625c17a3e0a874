import { watch } from 'node:fs'
import { type FileHandle, stat } from 'node:fs/promises'
import { openIfThere } from '../../files/open-if-there.ts'
import type { LogLine, LogQuery } from './log-line.ts'

/** A change that inotify did not tell of is found by looking. */
const pollIntervalMs = 500
const chunkBytes = 64 * 1024
const lineFeed = 0x0a

export type FileQuery = LogQuery & {
  /** Begins here instead of at the file's beginning; in bytes. */
  readonly fromBytes?: number
  /** Aborts when the container has ended, so that nothing more is written. */
  readonly ended: AbortSignal
}

/**
 * A container's output as conmon wrote it to a file. When following it ends once `ended` has aborted
 * and all was read. conmon begins a new file under the same name when one has its full size.
 */
export async function* k8sFileLines(path: string, query: FileQuery): AsyncGenerator<LogLine> {
  const { follow, tail, signal, ended } = query
  let file = await openIfThere(path)
  if (file === undefined) return
  const changes = follow ? new Changes(path, [signal, ended]) : undefined
  try {
    const start = tail === undefined ? (query.fromBytes ?? 0) : await tailOffset(file, tail)
    let reader = new LineReader(file, start)
    for (;;) {
      if (signal.aborted) return
      // Before the read: what is written after it belongs to the next round.
      const last = ended.aborted
      yield* reader.lines()
      if (changes === undefined) return
      const next = await replaced(path, file)
      if (next !== undefined) {
        yield* reader.lines()
        await file.close()
        file = next
        reader = new LineReader(file, 0)
      } else if (last) return
      else await changes.wait()
    }
  } finally {
    changes?.close()
    await file.close()
  }
}

/** The size of the log now: what is written later comes after it. 0 if there is none yet. */
export async function logSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** `2026-01-01T00:00:00.000000000+00:00 stdout F text`, where P instead of F means no line feed. */
export function parseK8sLine(line: Buffer): LogLine | undefined {
  const [, timestamp, stream, kind] =
    /^(\S+) (stdout|stderr) ([FP]) /.exec(line.subarray(0, 80).toString('latin1')) ?? []
  if (timestamp === undefined || stream === undefined || kind === undefined) return undefined
  const content = line.subarray(timestamp.length + stream.length + kind.length + 3)
  return {
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    timestamp,
    content: kind === 'P' ? content.subarray(0, -1) : content,
  }
}

/** The new file when another one has the name by now. */
async function replaced(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const mine = await file.stat()
  const next = await openIfThere(path)
  if (next === undefined) return undefined
  if ((await next.stat()).ino !== mine.ino) return next
  await next.close()
  return undefined
}

/** Where the last lines begin; a line in several parts counts once. */
async function tailOffset(file: FileHandle, tail: number): Promise<number> {
  const starts: number[] = []
  const reader = new LineReader(file, 0)
  let begins = true
  for await (const { content } of reader.lines()) {
    if (begins) starts.push(reader.lineStart)
    if (starts.length > tail) starts.shift()
    begins = content.at(-1) === lineFeed
  }
  return tail === 0 ? reader.lineEnd : (starts[0] ?? 0)
}

/** Reads whole lines from a position on; what has no end yet is left for the next call. */
class LineReader {
  readonly #file: FileHandle
  #position: number
  /** Of the line that was given last. */
  lineStart = 0
  lineEnd: number

  constructor(file: FileHandle, position: number) {
    this.#file = file
    this.#position = position
    this.lineEnd = position
  }

  async *lines(): AsyncGenerator<LogLine> {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    let pending = Buffer.alloc(0)
    this.#position = this.lineEnd
    for (;;) {
      const { bytesRead } = await this.#file.read(chunk, 0, chunkBytes, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      const text = Buffer.concat([pending, chunk.subarray(0, bytesRead)])
      let start = 0
      for (let end = text.indexOf(lineFeed); end >= 0; end = text.indexOf(lineFeed, start)) {
        const line = parseK8sLine(text.subarray(start, end + 1))
        this.lineStart = this.lineEnd
        this.lineEnd += end + 1 - start
        start = end + 1
        if (line !== undefined) yield line
      }
      pending = text.subarray(start)
    }
  }
}

/** Waits for changes of a file. */
class Changes {
  readonly #watcher
  readonly #signals: readonly AbortSignal[]
  #changed = false
  #wake: (() => void) | undefined

  constructor(path: string, signals: readonly AbortSignal[]) {
    this.#watcher = watch(path, () => this.#notice())
    this.#watcher.on('error', () => this.#notice())
    this.#signals = signals
    for (const signal of signals) signal.addEventListener('abort', this.#notice)
  }

  readonly #notice = (): void => {
    this.#changed = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#changed) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, pollIntervalMs)
      })
      clearTimeout(timer)
      this.#wake = undefined
    }
    this.#changed = false
  }

  close(): void {
    this.#watcher.close()
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#notice)
  }
}
