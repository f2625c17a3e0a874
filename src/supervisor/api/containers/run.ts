import { parseSignal } from '../../compose/signal.ts'
import { answerTo, HttpError } from '../http-error.ts'
import { type ApiRequest, sendNothing, wholeNumber } from '../request.ts'
import { checkedName } from './create.ts'
import { type ContainerRequest, findContainer, requireCreated } from './find.ts'

const notModified = 304

/** `POST /containers/{id}/start`; 304 when it runs already. */
export async function startContainer({
  context,
  container,
  response,
}: ContainerRequest): Promise<void> {
  const { id } = container
  const started = await context.supervisor.lifecycle.start(id)
  sendNothing(response, started ? 204 : notModified)
}

/** `POST /containers/{id}/stop`; 304 when it does not run. */
export async function stopContainer({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  const { id } = container
  const stopped = await context.supervisor.lifecycle.stop(id, {
    manual: true,
    ...stopOptions(query),
  })
  sendNothing(response, stopped ? 204 : notModified)
}

/** `POST /containers/{id}/restart`. */
export async function restartContainer({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  const { lifecycle } = context.supervisor
  await lifecycle.stop(container.id, { manual: true, ...stopOptions(query) })
  await lifecycle.start(container.id)
  lifecycle.publish(container, 'restart')
  sendNothing(response)
}

/** `POST /containers/{id}/kill`. */
export async function killContainer({ context, path, query, response }: ApiRequest): Promise<void> {
  const [name = ''] = path
  try {
    const signal = signalOf(query) ?? 'SIGKILL'
    await context.supervisor.lifecycle.kill(findContainer(context, name).id, signal)
  } catch (error) {
    const { status, message } = answerTo(error)
    throw new HttpError(status, `cannot kill container: ${name}: ${message}`)
  }
  sendNothing(response)
}

export async function pauseContainer({
  context,
  container,
  response,
}: ContainerRequest): Promise<void> {
  await context.supervisor.lifecycle.pause(container.id)
  sendNothing(response)
}

export async function unpauseContainer({
  context,
  container,
  response,
}: ContainerRequest): Promise<void> {
  await context.supervisor.lifecycle.unpause(container.id)
  sendNothing(response)
}

/** `POST /containers/{id}/rename`. */
export async function renameContainer({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  requireCreated(container)
  const name = checkedName(query.get('name') ?? '')
  if (name === undefined) throw new HttpError(400, 'Neither old nor new names may be empty')
  if (name === container.name)
    throw new HttpError(400, 'Renaming a container with the same name as its current name')
  const { creation, lifecycle } = context.supervisor
  await creation.claimName(name, () => lifecycle.rename(container.id, name))
  sendNothing(response)
}

/** `POST /containers/{id}/resize`. */
export async function resizeContainer({
  context,
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  await context.supervisor.lifecycle.resize(container.id, sizeOf(query))
  sendNothing(response, 200)
}

/** The size of a terminal: `h` rows and `w` columns. Throws an HttpError. */
export function sizeOf(query: URLSearchParams): { rows: number; columns: number } {
  const rows = wholeNumber(query, 'h')
  const columns = wholeNumber(query, 'w')
  if (rows === undefined || columns === undefined || rows < 0 || columns < 0)
    throw new HttpError(400, 'expected the size of the terminal as h and w')
  return { rows, columns }
}

function stopOptions(query: URLSearchParams): { graceMs?: number; signal?: string } {
  const seconds = wholeNumber(query, 't')
  const signal = signalOf(query)
  return {
    ...(seconds === undefined ? {} : { graceMs: seconds * 1000 }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function signalOf(query: URLSearchParams): string | undefined {
  const text = query.get('signal')
  if (text === null || text === '') return undefined
  try {
    return parseSignal(text)
  } catch {
    throw new HttpError(400, `invalid signal: ${text}`)
  }
}
