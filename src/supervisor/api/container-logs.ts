import { once } from 'node:events'
import { journaldLines } from '../logs/journald.ts'
import { k8sFileLines } from '../logs/k8s-file.ts'
import type { LogLine, LogQuery } from '../logs/log-line.ts'
import { type ApiRequest, findContainer, HttpError, logFileOf } from './request.ts'

const endCheckIntervalMs = 1_000

/** The stream's number in Docker's frames. */
const streamNumbers = { stdout: 1, stderr: 2 } as const

/**
 * `GET /containers/{id}/logs`: frames of 8 bytes of header (stream, three zeroes, length as 32-bit
 * big endian) and content, until the end of the container when following.
 */
export async function answerLogs(request: ApiRequest): Promise<void> {
  const { context, path, query, response } = request
  const container = findContainer(context, path[0] ?? '')
  const flag = (name: string) => ['1', 'true', 'True'].includes(query.get(name) ?? '')
  const streams = (['stdout', 'stderr'] as const).filter(flag)
  if (streams.length === 0)
    throw new HttpError(400, 'Bad parameters: you must choose at least one stream')
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  const tail = parseTail(query.get('tail'))
  const logQuery: LogQuery = {
    follow: flag('follow'),
    signal: closed.signal,
    ...(tail === undefined ? {} : { tail }),
  }
  const isRunning = () =>
    context.supervisor.containers.find(({ id }) => id === container.id)?.state.status === 'running'
  const lines =
    context.logDriver === 'journald'
      ? journaldLines(container.id, flag('follow') ? until(logQuery, isRunning) : logQuery)
      : k8sFileLines(logFileOf(context, container), logQuery, isRunning)
  response.writeHead(200, { 'Content-Type': 'application/vnd.docker.multiplexed-stream' })
  response.flushHeaders()
  for await (const line of lines) {
    if (closed.signal.aborted) return
    if (!streams.includes(line.stream)) continue
    if (!response.write(frame(line, flag('timestamps'))))
      await once(response, 'drain', { signal: closed.signal }).catch(() => {})
  }
  response.end()
}

/** The journal does not know when a container's output is complete: a moment after its end. */
function until(query: LogQuery, isRunning: () => boolean): LogQuery {
  const ended = new AbortController()
  let wasRunning = true
  const timer = setInterval(() => {
    const running = isRunning()
    if (!running && !wasRunning) ended.abort()
    wasRunning = running
  }, endCheckIntervalMs)
  const signal = AbortSignal.any([query.signal, ended.signal])
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  return { ...query, signal }
}

/** One piece of output as Docker's clients read it. */
export function frame(line: LogLine, timestamps: boolean): Buffer {
  const content = timestamps
    ? Buffer.concat([Buffer.from(`${line.timestamp} `), line.content])
    : line.content
  const header = Buffer.alloc(8)
  header.writeUInt8(streamNumbers[line.stream], 0)
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}

function parseTail(text: string | null): number | undefined {
  if (text === null || text === 'all' || text === '') return undefined
  const tail = Number(text)
  // Docker takes a negative number for all.
  return /^-?\d+$/.test(text) && tail >= 0 ? tail : undefined
}
