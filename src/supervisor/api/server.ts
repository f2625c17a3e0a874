import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { describeError } from '../../journal/log.ts'
import type { Directories } from '../directories.ts'
import { type ApiContext, apiVersion, HttpError } from './request.ts'
import { routes } from './routes.ts'
import { socketPath } from './socket.ts'

/** Serves the API on a unix socket that only root can open. */
export async function serveApi(context: ApiContext): Promise<Server> {
  const path = socketPath(context.directories)
  await rm(path, { force: true })
  const server = createServer((request, response) => {
    answer(context, request, response).catch((error: unknown) => {
      if (!(error instanceof HttpError))
        context.log.error(`${request.url}: ${describeError(error)}`)
      refuse(response, error)
    })
  })
  // The mode is right from the first moment: nobody connects before.
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(umask)
  }
  await chmod(path, 0o600)
  return server
}

/** Two supervisors would undo each other's work: throws SLIPWAY_SUPERVISOR_ALREADY_RUNNING. */
export async function refuseSecondSupervisor(directories: Directories): Promise<void> {
  const socket = socketPath(directories)
  if (await answers(socket))
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_ALREADY_RUNNING', { socket })
}

async function answer(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Api-Version', apiVersion)
  response.setHeader('Ostype', 'linux')
  response.setHeader('Server', `Slipway/${context.version} (linux)`)
  const url = new URL(request.url ?? '/', 'http://localhost')
  const names = url.pathname.split('/').slice(1).map(decodeURIComponent)
  const path = /^v\d+\.\d+$/.test(names[0] ?? '') ? names.slice(1) : names
  for (const route of routes) {
    const parameters = match(route.path, path)
    if (parameters === undefined || !route.methods.includes(request.method ?? '')) continue
    await route.answer({ context, path: parameters, query: url.searchParams, request, response })
    return
  }
  throw new HttpError(404, 'page not found')
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const status = error instanceof HttpError ? error.status : 500
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify({ message: describeError(error) })}\n`)
}

/** The values of the pattern's `{…}` parts; undefined when the path is another. */
function match(pattern: string, path: readonly string[]): string[] | undefined {
  const parts = pattern.split('/').slice(1)
  if (parts.length !== path.length) return undefined
  const fits = parts.every((part, index) => part.startsWith('{') || part === path[index])
  return fits ? path.filter((_name, index) => parts[index]?.startsWith('{')) : undefined
}

/** Someone listens at this socket: a file alone may be left from a supervisor that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
