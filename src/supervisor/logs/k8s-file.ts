import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine, LogQuery } from './log-line.ts'

const pollIntervalMs = 100
const lineFeed = 0x0a

/** A container's output as conmon wrote it to a file; `isRunning` ends following with the container. */
export async function* k8sFileLines(
  path: string,
  { follow, tail, signal }: LogQuery,
  isRunning: () => boolean,
): AsyncGenerator<LogLine> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return
  try {
    let rest = await file.readFile()
    let [lines, unfinished] = split(rest)
    yield* (tail === undefined ? lines : lines.slice(Math.max(lines.length - tail, 0))).values()
    while (follow && !signal.aborted) {
      const running = isRunning()
      const more = await file.readFile()
      if (more.length > 0) {
        rest = Buffer.concat([unfinished, more])
        ;[lines, unfinished] = split(rest)
        yield* lines.values()
      } else if (!running) return
      else await sleep(pollIntervalMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    await file.close()
  }
}

function split(text: Buffer): [LogLine[], Buffer] {
  const end = text.lastIndexOf(lineFeed) + 1
  const lines: LogLine[] = []
  let start = 0
  while (start < end) {
    const next = text.indexOf(lineFeed, start) + 1
    const line = parseK8sLine(text.subarray(start, next))
    if (line !== undefined) lines.push(line)
    start = next
  }
  return [lines, text.subarray(end)]
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
