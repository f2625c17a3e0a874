import { engineErrors } from '../../../errors/engine.ts'
import type { ExecConfig } from '../../exec/session.ts'
import type { ApiContext } from '../context.ts'
import { Fields, invalid } from '../fields.ts'
import { hijack, streamType } from '../hijack.ts'
import { type ApiRequest, readJson, sendJson, sendNothing } from '../request.ts'
import type { ContainerRequest } from './find.ts'
import { sizeOf } from './run.ts'

/** `POST /containers/{id}/exec`. */
export async function createExec({
  context,
  container,
  request,
  response,
}: ContainerRequest): Promise<void> {
  const config = await readJson(request, execConfig)
  sendJson(response, { Id: context.execs.create(container, config).id }, 201)
}

/** `POST /exec/{id}/start`: a stream both ways, unless it is to run by itself. */
export async function startExec({ context, path, request, response }: ApiRequest): Promise<void> {
  const [id = ''] = path
  const { detach, size } = await readJson(request, (body) => {
    const fields = new Fields(body, '')
    const [rows = 0, columns = 0] = consoleSize(fields.raw('ConsoleSize'))
    return {
      detach: fields.flag('Detach'),
      size: rows > 0 && columns > 0 ? { rows, columns } : undefined,
    }
  })
  const { execs } = context
  const container = containerOf(context, execs.get(id).containerId)
  const { config } = execs.checkStart(id, container)
  if (detach) {
    void execs.start(id, container)
    sendNothing(response, 200)
    return
  }
  const framed = !config.terminal
  const socket = hijack(request, response, framed)
  if (socket === undefined) {
    // What runs without an upgraded connection cannot be given input.
    response.writeHead(200, { 'Content-Type': streamType(framed), Connection: 'close' })
    response.flushHeaders()
  }
  if (!config.stdin) socket?.resume()
  const output = socket ?? response
  await execs.start(id, container, {
    client: { output, input: socket },
    ...(size === undefined ? {} : { size }),
  })
  output.end()
}

/** `POST /exec/{id}/resize`. */
export async function resizeExec({ context, path, query, response }: ApiRequest): Promise<void> {
  await context.execs.resize(path[0] ?? '', sizeOf(query))
  sendNothing(response, 200)
}

/** `GET /exec/{id}/json`. */
export function inspectExec({ context, path, response }: ApiRequest): void {
  const { id, containerId, config, state, pid, exitCode } = context.execs.get(path[0] ?? '')
  const [entrypoint = '', ...programArguments] = config.command
  sendJson(response, {
    ID: id,
    Running: state === 'running',
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: config.terminal,
      entrypoint,
      arguments: programArguments,
      privileged: config.privileged,
      ...(config.user === undefined ? {} : { user: config.user }),
    },
    OpenStdin: config.stdin,
    OpenStderr: config.stderr,
    OpenStdout: config.stdout,
    CanRemove: state === 'ended',
    ContainerID: containerId,
    DetachKeys: '',
    Pid: pid,
  })
}

function execConfig(body: unknown): ExecConfig {
  const fields = new Fields(body, '')
  const command = fields.words('Cmd') ?? []
  if (command.length === 0) throw invalid('No exec command specified')
  const user = fields.text('User')
  const workingDirectory = fields.text('WorkingDir')
  return {
    command,
    terminal: fields.flag('Tty'),
    stdin: fields.flag('AttachStdin'),
    stdout: fields.flag('AttachStdout'),
    stderr: fields.flag('AttachStderr'),
    environment: fields.texts('Env'),
    privileged: fields.flag('Privileged'),
    ...(user === undefined ? {} : { user }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  }
}

function containerOf(context: ApiContext, id: string) {
  const container = context.supervisor.containers.find((one) => one.id === id)
  if (container === undefined) throw engineErrors.error('SLIPWAY_ENGINE_NOT_RUNNING', { id })
  return container
}

function consoleSize(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : []
}
