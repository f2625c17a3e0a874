import type { LogLine } from '../logs/log-line.ts'

/** The stream's number in Docker's frames. */
const streamNumbers = { stdin: 0, stdout: 1, stderr: 2, systemError: 3 } as const

/**
 * A piece of output as Docker's clients read it where there is no terminal: 8 bytes of header (stream,
 * three zeroes, length as 32-bit big endian) and content.
 */
export function frame(stream: keyof typeof streamNumbers, content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(streamNumbers[stream], 0)
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}

/** How output is sent: framed, or as it is from a terminal; and which of it. */
export type OutputShape = {
  readonly framed: boolean
  readonly streams: readonly LogLine['stream'][]
}

export function shaped(
  { stream, content }: Pick<LogLine, 'stream' | 'content'>,
  { framed, streams }: OutputShape,
): Buffer | undefined {
  if (!streams.includes(stream)) return undefined
  return framed ? frame(stream, content) : content
}
