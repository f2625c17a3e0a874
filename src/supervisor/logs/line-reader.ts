import type { FileHandle } from 'node:fs/promises'
import type { LogLine } from './log-line.ts'

const chunkBytes = 64 * 1024
const lineFeed = 0x0a

/** A line, and where in its file it is, in bytes. */
export type PlacedLine = { readonly line: LogLine; readonly start: number; readonly end: number }

/** Reads whole lines from a position on; what has no end yet is left for the next call. */
export class LineReader {
  readonly file: FileHandle
  /** Where the next line begins. */
  position: number

  constructor(file: FileHandle, position: number) {
    this.file = file
    this.position = position
  }

  /** The lines that are there, as many at once as were read at once. */
  async *chunks(): AsyncGenerator<readonly PlacedLine[]> {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    let pending = Buffer.alloc(0)
    for (let at = this.position; ; ) {
      const { bytesRead } = await this.file.read(chunk, 0, chunkBytes, at)
      if (bytesRead === 0) return
      at += bytesRead
      const text = Buffer.concat([pending, chunk.subarray(0, bytesRead)])
      const lines: PlacedLine[] = []
      let start = 0
      for (let end = text.indexOf(lineFeed); end >= 0; end = text.indexOf(lineFeed, start)) {
        const line = parseK8sLine(text.subarray(start, end + 1))
        const place = { start: this.position, end: this.position + end + 1 - start }
        this.position = place.end
        start = end + 1
        if (line !== undefined) lines.push({ line, ...place })
      }
      pending = text.subarray(start)
      if (lines.length > 0) yield lines
    }
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
