import { Connections, defaultTimeouts } from '../../../http/connection.ts'
import { readPemFiles } from '../../../http/pem-files.ts'
import { retryAfterMs } from '../../../http/retry.ts'
import type { LogEntry } from './entry.ts'
import { jsonLines, otlpLogs } from './json-format.ts'
import type { HttpTargetSettings } from './settings.ts'
import { type Delivery, LaterError, type Target } from './target.ts'

/** Longer answers are not read to their end. */
const answerLimitBytes = 64 * 1024

/** What is wrong with the batch itself, so that it would be refused again. */
const refusals = [400, 413, 422]
const tooLarge = 413

/** Sends batches by POST; the answer says whether they arrived. */
export class HttpTarget implements Target {
  /** Answers say what arrived. */
  readonly unsettled = 0
  readonly #settings: HttpTargetSettings
  readonly #connections = new Connections(defaultTimeouts)

  constructor(settings: HttpTargetSettings) {
    this.#settings = settings
  }

  async send(entries: readonly LogEntry[], signal: AbortSignal): Promise<Delivery> {
    if (entries.length === 0) return { refused: 0 }
    const { status, text, retryAfter } = await this.#post(entries, signal)
    if (status >= 200 && status < 300)
      return this.#settings.type === 'otlp' ? partialSuccess(text) : { refused: 0 }
    const reason = `it answered ${status}: ${text.trim().slice(0, 200)}`
    if (!refusals.includes(status))
      throw new LaterError(reason, retryAfterMs(retryAfter, new Date()))
    if (status !== tooLarge || entries.length < 2) return { refused: entries.length, reason }
    const half = entries.length >> 1
    const first = await this.send(entries.slice(0, half), signal)
    const second = await this.send(entries.slice(half), signal)
    const why = first.reason ?? second.reason
    return { refused: first.refused + second.refused, ...(why !== undefined && { reason: why }) }
  }

  async close(): Promise<void> {
    this.#connections.close()
  }

  async #post(entries: readonly LogEntry[], signal: AbortSignal) {
    const { type, url, headers } = this.#settings
    const content = Buffer.from(type === 'otlp' ? otlpLogs(entries) : jsonLines(entries))
    const answer = await this.#connections.send({
      url,
      method: 'POST',
      headers: {
        'Content-Type': type === 'otlp' ? 'application/json' : 'application/x-ndjson',
        'Content-Length': String(content.length),
        ...headers,
      },
      signal,
      ...(await readPemFiles(this.#settings)),
      content,
    })
    const body = await this.#connections.small(answer.body, answerLimitBytes)
    return {
      status: answer.status,
      text: body?.toString('utf8') ?? '',
      retryAfter: answer.headers['retry-after'],
    }
  }
}

/** An OTLP receiver may take a part and refuse the rest for good. */
export function partialSuccess(text: string): Delivery {
  try {
    const answer = JSON.parse(text) as {
      partialSuccess?: { rejectedLogRecords?: string | number; errorMessage?: string }
    }
    const refused = Number(answer.partialSuccess?.rejectedLogRecords ?? 0)
    return refused > 0
      ? { refused, reason: answer.partialSuccess?.errorMessage ?? 'no reason' }
      : { refused: 0 }
  } catch (error) {
    // Some receivers answer with nothing.
    if (error instanceof SyntaxError) return { refused: 0 }
    throw error
  }
}
