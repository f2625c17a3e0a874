import type { Readable } from 'node:stream'
import { engineErrors } from '../../../errors/engine.ts'
import { type OutputShape, shaped } from '../../attach/frames.ts'
import { pump } from '../../attach/output.ts'
import { sendToStdin } from '../../attach/stdin.ts'
import type { Container } from '../../containers/container.ts'
import { containerPaths } from '../../directories.ts'
import { containerLines, type LogSource, linesFromNow } from '../../logs/container-lines.ts'
import type { LogLine } from '../../logs/log-line.ts'
import type { ApiContext } from '../context.ts'
import { hijack, streamType } from '../hijack.ts'
import { flag } from '../request.ts'
import type { ContainerRequest } from './find.ts'

/** `POST /containers/{id}/attach`: output from now on, until the end of the run; input if it takes any. */
export async function attach({
  context,
  container,
  query,
  request,
  response,
}: ContainerRequest): Promise<void> {
  const { spec, state, id } = container
  if (state.paused === true) throw engineErrors.error('SLIPWAY_ENGINE_IS_PAUSED', { id })
  const shape: OutputShape = {
    framed: spec.terminal !== true,
    streams: (['stdout', 'stderr'] as const).filter((name) => flag(query, name)),
  }
  const gone = new AbortController()
  // One that has ended may be started again: clients attach before they do that.
  const source = {
    ...logSource(context, container),
    ended: context.supervisor.lifecycle.runs.ended(id),
  }
  const lines = await outputOf(source, query, gone.signal)
  const socket = hijack(request, response, shape.framed)
  if (socket === undefined) {
    response.writeHead(200, { 'Content-Type': streamType(shape.framed), Connection: 'close' })
    // Clients start the container only when they are attached, and there is no output before.
    response.flushHeaders()
  }
  const client = socket ?? response
  client.once('close', () => gone.abort())
  context.supervisor.lifecycle.publish(container, 'attach')
  if (socket !== undefined && flag(query, 'stdin') && spec.stdin !== undefined)
    takeInput(context, container, socket, source.ended, gone.signal)
  else socket?.resume()
  await pump(pieces(lines, shape), client, gone.signal)
  client.end()
}

/** Where the output of a container is. */
export function logSource(context: ApiContext, container: Container): LogSource {
  const { supervisor, directories } = context
  const { id, state } = container
  return {
    id,
    file: containerPaths(directories, id).logFile,
    outputs: supervisor.runtime.logOutputs(container),
    ended: state.status === 'exited' ? AbortSignal.abort() : supervisor.lifecycle.runs.ended(id),
  }
}

/** Lines as they are sent to a client. */
export async function* pieces(
  lines: AsyncIterable<LogLine>,
  shape: OutputShape,
): AsyncGenerator<Buffer | undefined> {
  for await (const line of lines) yield shaped(line, shape)
}

async function outputOf(
  source: LogSource,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<AsyncIterable<LogLine>> {
  if (flag(query, 'logs')) return containerLines(source, { follow: flag(query, 'stream'), signal })
  if (!flag(query, 'stream')) return nothing()
  return await linesFromNow(source, signal)
}

async function* nothing(): AsyncGenerator<LogLine> {}

function takeInput(
  { supervisor, directories }: ApiContext,
  { id, state }: Container,
  client: Readable,
  ended: AbortSignal,
  gone: AbortSignal,
): void {
  const { bundle } = containerPaths(directories, id)
  const begin = () => sendToStdin(bundle, client, ended)
  if (state.status === 'running') begin()
  else supervisor.lifecycle.runs.onStart(id, begin, gone)
}
