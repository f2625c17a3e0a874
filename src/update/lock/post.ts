import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

export type Answer = { readonly status: number; readonly body: string }

type Post = {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** Certificates (PEM) that the server's must come from. */
  readonly ca?: string
  readonly signal: AbortSignal
}

/** An answer of this protocol is one line; the rest of a longer one is not read. */
const maximumAnswerBytes = 64 * 1024

/**
 * One POST over a connection of its own. Redirections are answers like others: following one would ask somebody
 * who was not meant. Throws what Node throws, and the signal's reason.
 */
export async function post(url: URL, { body, headers, ca, signal }: Post): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
      signal,
      ...(ca !== undefined && { ca }),
    } as const
    const request =
      url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options)
    request.once('response', resolve)
    request.once('error', reject)
    request.end(body)
  })
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response) {
    if (!Buffer.isBuffer(piece)) continue
    pieces.push(piece)
    length += piece.length
    // Leaving the loop closes the connection.
    if (length > maximumAnswerBytes) break
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') }
}
