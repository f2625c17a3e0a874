import type { ServerResponse } from 'node:http'
import { describeError } from '../../../journal/log.ts'

/** One line of a progress stream, as Docker's clients read it. */
export type ProgressLine = {
  readonly status?: string
  readonly stream?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  readonly id?: string
  readonly aux?: object
}

/** A stream of JSON lines. Nothing is sent before the first: until then a failure is a plain answer. */
export class ProgressStream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  line(line: ProgressLine): void {
    this.#begin()
    const { current, total } = line.progressDetail ?? {}
    const bar =
      current === undefined || total === undefined ? {} : { progress: progressBar(current, total) }
    this.#response.write(`${JSON.stringify({ ...line, ...bar })}\r\n`)
  }

  /** Runs something that tells of itself; when it fails after the first line, the last line says so. */
  async run(work: () => Promise<void>, told: (error: unknown) => unknown): Promise<void> {
    try {
      await work()
    } catch (error) {
      const failure = told(error)
      if (!this.#response.headersSent) throw failure
      const message = describeError(failure)
      const line = { errorDetail: { message }, error: message }
      this.#response.write(`${JSON.stringify(line)}\r\n`)
    }
    this.#begin()
    this.#response.end()
  }

  #begin(): void {
    if (!this.#response.headersSent)
      this.#response.writeHead(200, { 'Content-Type': 'application/json' })
  }
}

/** Docker's bar, for clients that show it as it comes. */
export function progressBar(current: number, total: number): string {
  const done = total === 0 ? 50 : Math.min(50, Math.trunc((current / total) * 50))
  const bar = `[${'='.repeat(done)}>${' '.repeat(50 - done)}]`
  return `${bar}  ${humanSize(current).padStart(8)}/${humanSize(total)}`
}

function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let size = bytes
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${Number(size.toPrecision(4))}${units[unit]}`
}
