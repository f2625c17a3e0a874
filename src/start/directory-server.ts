import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'

/** Answers instead of the files; false if it has nothing to say. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean

export type DirectoryServer = {
  readonly port: number
  /** The directory that is served; it may be changed. */
  directory: string
  intercept: Intercept | undefined
  /** Paths that were asked for, with the byte that a range began at. */
  readonly requests: string[]
  stop(): Promise<void>
}

/** Serves a directory on loopback as plain HTTP servers do, ranges included. */
export async function serveDirectory(directory: string): Promise<DirectoryServer> {
  const server = createServer((request, response) => {
    const [, range, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname)
    served.requests.push(range === undefined ? path : `${path}@${range}`)
    if (served.intercept?.(request, response)) return
    const end = last ? Number(last) : undefined
    serve(join(served.directory, path), Number(range ?? 0), end, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const served: DirectoryServer = {
    port: address.port,
    directory,
    intercept: undefined,
    requests: [],
    stop: async () => {
      server.closeAllConnections()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
  return served
}

async function serve(
  file: string,
  start: number,
  last: number | undefined,
  response: ServerResponse,
): Promise<void> {
  const status = await stat(file).catch(() => undefined)
  if (status?.isFile() !== true) {
    response.writeHead(404).end('not here')
    return
  }
  const { size } = status
  if (start >= size && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
    return
  }
  const end = Math.min(last ?? size - 1, size - 1)
  const headers = { 'content-length': end + 1 - start, 'accept-ranges': 'bytes' }
  if (start === 0 && last === undefined) response.writeHead(200, headers)
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end}/${size}` })
  createReadStream(file, { start, end }).pipe(response)
}
