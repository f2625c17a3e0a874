import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Transform } from 'node:stream'

/** What goes wrong with a file. */
export type Disturbance =
  /** One byte in the middle of what is sent is another. */
  | 'corrupted'
  /** The connection ends after half of what was to be sent. */
  | 'cut'
  /** The connection ends without an answer. */
  | 'gone'

/** Answers instead of the files; false if it has nothing to say. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean

export type DirectoryServer = {
  readonly port: number
  /** The directory that is served; it may be changed. */
  directory: string
  intercept: Intercept | undefined
  /** What goes wrong with a path. */
  disturb: ((path: string) => Disturbance | undefined) | undefined
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
    const disturbance = served.disturb?.(path)
    if (disturbance === 'gone') {
      response.destroy()
      return
    }
    const span = { start: Number(range ?? 0), last: last ? Number(last) : undefined }
    serve(join(served.directory, path), span, response, disturbance).catch((error: unknown) =>
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
    disturb: undefined,
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
  { start, last }: { readonly start: number; readonly last: number | undefined },
  response: ServerResponse,
  disturbance: 'corrupted' | 'cut' | undefined,
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
  const body = createReadStream(file, { start, end })
  if (disturbance === undefined) body.pipe(response)
  else body.pipe(disturbed(disturbance, Math.floor((end - start) / 2), response)).pipe(response)
}

/** What a body becomes from its middle on. */
function disturbed(
  disturbance: 'corrupted' | 'cut',
  middle: number,
  response: ServerResponse,
): Transform {
  let passed = 0
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const at = middle - passed
      passed += piece.length
      if (at < 0 || at >= piece.length) {
        done(null, piece)
        return
      }
      if (disturbance === 'corrupted') {
        const changed = Buffer.from(piece)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        done(null, changed)
        return
      }
      this.push(piece.subarray(0, at))
      // What was sent is still to reach the other side.
      setTimeout(() => response.destroy(), 200)
    },
  })
}
