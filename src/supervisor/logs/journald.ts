import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { programEnvironment } from '../runtime/programs.ts'
import type { LogLine, LogQuery } from './log-line.ts'

const lineFeed = 0x0a

/** A container's output as conmon sent it to the journal. */
export async function* journaldLines(
  containerId: string,
  { follow, tail, signal }: LogQuery,
): AsyncGenerator<LogLine> {
  const query = [
    `--lines=${tail ?? 'all'}`,
    ...(follow ? ['--follow'] : []),
    `CONTAINER_ID_FULL=${containerId}`,
  ]
  for await (const text of journalEntries(query, signal)) {
    const line = parseJournalEntry(text)
    if (line !== undefined) yield line
  }
}

/** Entries of the journal as JSON, one a line. Ends when the signal aborts. */
export async function* journalEntries(
  query: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const child = spawn('journalctl', ['--quiet', '--output=json', '--all', ...query], {
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject))
  failed.catch(() => {})
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([new Promise((resolve) => child.once('spawn', resolve)), failed])
    yield* createInterface({ input: child.stdout })
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** One entry of `journalctl --output=json`; undefined for one without a message. */
export function parseJournalEntry(text: string): LogLine | undefined {
  const entry: unknown = JSON.parse(text)
  if (typeof entry !== 'object' || entry === null) return undefined
  const fields = new Map(Object.entries(entry))
  const message: unknown = fields.get('MESSAGE')
  // What is no valid UTF-8 comes as a list of bytes.
  const content = Array.isArray(message)
    ? Buffer.from(message.map(Number))
    : Buffer.from(typeof message === 'string' ? message : '')
  const partial = fields.get('CONTAINER_PARTIAL_MESSAGE') === 'true'
  return {
    // conmon logs standard error with the priority "error", standard output with "info".
    stream: fields.get('PRIORITY') === '3' ? 'stderr' : 'stdout',
    timestamp: new Date(Number(fields.get('__REALTIME_TIMESTAMP')) / 1000).toISOString(),
    // conmon leaves the line feed on some lines, depending on how the container wrote them.
    content: partial || content.at(-1) === lineFeed ? content : Buffer.from([...content, lineFeed]),
  }
}
