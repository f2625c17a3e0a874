import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Cleanup } from './cleanup.ts'
import type { TestImage } from './test-image.ts'

/** Answers a request itself and returns true, or leaves it to the well-behaved part. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean

export type ScriptedRegistry = {
  readonly host: string
  /** Method, path and the headers that matter, in order. */
  readonly requests: {
    path: string
    authorization?: string | undefined
    range?: string | undefined
  }[]
}

/** A registry with one image that can be made to show what a real one cannot be told to. */
export async function startScriptedRegistry(
  cleanup: Cleanup,
  { manifest, blobs }: TestImage,
  misbehave: Misbehaviour = () => false,
): Promise<ScriptedRegistry> {
  const requests: ScriptedRegistry['requests'] = []
  const server = createServer((request, response) => {
    const { authorization, range } = request.headers
    const path = request.url ?? ''
    requests.push({ path, authorization, range })
    if (misbehave(request, response)) return
    if (path.includes('/manifests/')) {
      response.setHeader('content-type', manifest.mediaType)
      response.setHeader('docker-content-digest', manifest.digest)
      response.end(manifest.bytes)
      return
    }
    const blob = blobs.find(({ digest }) => path.endsWith(digest))
    if (blob === undefined) {
      response.writeHead(404).end()
      return
    }
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    if (range !== undefined) {
      const end = blob.bytes.length - 1
      response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${blob.bytes.length}` })
    }
    response.end(blob.bytes.subarray(start))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanup.defer(async () => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { host: `127.0.0.1:${address.port}`, requests }
}
