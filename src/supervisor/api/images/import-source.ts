import { Readable } from 'node:stream'
import { describeError } from '../../../journal/log.ts'
import { invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import type { ProgressStream } from './progress.ts'

/** Where `docker import` is told to fetch an archive from; as with Docker, plain HTTP where no scheme is given. */
export function sourceAddress(source: string): URL {
  const text = source.includes('://') ? source : `http://${source}`
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (address === undefined || !['http:', 'https:'].includes(address.protocol))
    throw invalid(`"${source}" is neither - nor an http(s) address`)
  return address
}

/** For how long a server may say nothing. */
const idleMs = 60_000
/** Between one line of progress and the next. */
const progressMs = 250

/**
 * The archive at an address, told of on its way.
 *
 * @throws HttpError 400 for an answer that is no archive, for none, and for one that ends too early
 */
export async function* archiveAt(
  address: URL,
  stream: ProgressStream,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(new Error('the server says nothing more')), idleMs)
  try {
    const answer = await fetch(address, { signal: AbortSignal.any([signal, idle.signal]) })
    if (!answer.ok || answer.body === null)
      throw new HttpError(400, `${address} answered ${answer.status} ${answer.statusText}`)
    stream.line({ status: `Downloading from ${address}` })
    const total = Number(answer.headers.get('content-length') ?? 0)
    let current = 0
    let toldAt = performance.now()
    for await (const piece of Readable.fromWeb(answer.body)) {
      timer.refresh()
      yield piece
      current += piece.length
      if (total === 0 || performance.now() - toldAt < progressMs) continue
      stream.line({ status: 'Importing', progressDetail: { current, total } })
      toldAt = performance.now()
    }
  } catch (error) {
    if (error instanceof HttpError || signal.aborted) throw error
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new HttpError(400, `${address} cannot be fetched: ${describeError(cause)}`)
  } finally {
    clearTimeout(timer)
  }
}
