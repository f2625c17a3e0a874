import { engineErrors } from '../../../errors/engine.ts'
import { shaped } from '../../attach/frames.ts'
import { pump } from '../../attach/output.ts'
import { containerLines } from '../../logs/container-lines.ts'
import { detailsOf } from '../../logs/details.ts'
import { type LogLine, logTimestamp } from '../../logs/log-line.ts'
import { streamType } from '../hijack.ts'
import { HttpError } from '../http-error.ts'
import { flag, hungUp } from '../request.ts'
import { timeNs } from '../time.ts'
import { logSource } from './attach.ts'
import type { ContainerRequest } from './find.ts'

/** `GET /containers/{id}/logs`, until the end of the container when following. */
export async function answerLogs({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  const streams = (['stdout', 'stderr'] as const).filter((name) => flag(query, name))
  if (streams.length === 0)
    throw new HttpError(400, 'Bad parameters: you must choose at least one stream')
  if (container.spec.log?.driver === 'none')
    throw engineErrors.error('SLIPWAY_ENGINE_LOG_NOT_READABLE')
  const closed = hungUp(response)
  const tail = parseTail(query.get('tail'))
  const follow = flag(query, 'follow') && container.state.status === 'running'
  const lines = containerLines(logSource(context, container), {
    follow,
    signal: closed,
    sinceNs: timeNs(query, 'since'),
    untilNs: timeNs(query, 'until'),
    ...(tail === undefined ? {} : { tail }),
  })
  const shape = { framed: container.spec.terminal !== true, streams }
  response.writeHead(200, { 'Content-Type': streamType(shape.framed) })
  response.flushHeaders()
  const details = flag(query, 'details') ? `${detailsOf(container)} ` : ''
  const isStamped = flag(query, 'timestamps')
  const prefixed = prefixes(lines, ({ timestamp }) =>
    isStamped ? `${logTimestamp(timestamp)} ${details}` : details,
  )
  const sent = (async function* () {
    for await (const line of prefixed) yield shaped(line, shape)
  })()
  await pump(sent, response, closed)
  response.end()
}

/** Something before each line; one that comes in several parts gets it once. */
async function* prefixes(
  lines: AsyncIterable<LogLine>,
  prefixOf: (line: LogLine) => string,
): AsyncGenerator<LogLine> {
  const unfinished = { stdout: false, stderr: false }
  for await (const line of lines) {
    const { stream, content } = line
    const prefix = unfinished[stream] ? '' : prefixOf(line)
    unfinished[stream] = content.at(-1) !== 0x0a
    yield prefix === '' ? line : { ...line, content: Buffer.concat([Buffer.from(prefix), content]) }
  }
}

function parseTail(text: string | null): number | undefined {
  if (text === null || text === 'all' || text === '') return undefined
  const tail = Number(text)
  // Docker takes a negative number for all.
  return /^-?\d+$/.test(text) && tail >= 0 ? tail : undefined
}
