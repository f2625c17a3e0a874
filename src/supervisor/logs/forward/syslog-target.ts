import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { readPemFiles, secureOptions } from '../../../http/pem-files.ts'
import type { LogEntry } from './entry.ts'
import type { SyslogTargetSettings } from './settings.ts'
import { syslogFrame } from './syslog-format.ts'
import type { Delivery, Target } from './target.ts'

const connectTimeoutMs = 15_000
/** A receiver that reads nothing for so long is taken for gone. */
const stallMs = 60_000
/** How long the other side may take to close after us. */
const closeMs = 2_000

/**
 * So long after a batch went out a receiver that has not got it would have cut the connection. Syslog has no answers: there is
 * nothing better to go by.
 */
const settleMs = 1_000
/** Memory for what is not settled; a receiver that is as fast as this waits. */
const maximumUnsettled = 64
const settleLookMs = 20

type Unsettled = { readonly frames: Buffer; sentMs: number }

/** Sends batches over one connection that is kept; after a cut the last ones are sent again. */
export class SyslogTarget implements Target {
  readonly #settings: SyslogTargetSettings
  #socket: Socket | undefined
  #batches: Unsettled[] = []
  #closing = false

  constructor(settings: SyslogTargetSettings) {
    this.#settings = settings
  }

  get unsettled(): number {
    if (this.#socket?.destroyed === false) {
      const before = performance.now() - settleMs
      this.#batches = this.#batches.filter(({ sentMs }) => sentMs > before)
    }
    return this.#batches.length
  }

  async send(entries: readonly LogEntry[], signal: AbortSignal): Promise<Delivery> {
    const socket = await this.#connected(signal)
    while (this.unsettled >= maximumUnsettled && !socket.destroyed)
      await delay(settleLookMs, undefined, { signal })
    const frames = Buffer.concat(entries.map((entry) => syslogFrame(entry)))
    if (frames.length === 0) return { refused: 0 }
    await write(socket, frames, signal)
    this.#batches.push({ frames, sentMs: performance.now() })
    return { refused: 0 }
  }

  /** Settles everything if the other side closes as well. */
  async close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return
    this.#closing = true
    await new Promise<void>((resolve) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        socket.destroy()
      }, closeMs)
      socket.once('close', (hadError: boolean) => {
        clearTimeout(timer)
        if (!isLate && !hadError) this.#batches = []
        resolve()
      })
      socket.end()
    })
  }

  async #connected(signal: AbortSignal): Promise<Socket> {
    if (this.#socket !== undefined && !this.#socket.destroyed) return this.#socket
    const socket = await this.#connect()
    const connected = this.#settings.tls === undefined ? 'connect' : 'secureConnect'
    await new Promise<void>((resolve, reject) => {
      const abort = () => socket.destroy(new Error('the supervisor ends'))
      const timer = setTimeout(
        () => socket.destroy(new Error('the connection was not made in time')),
        connectTimeoutMs,
      )
      signal.addEventListener('abort', abort, { once: true })
      const over = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
      }
      socket.once(connected, () => {
        over()
        resolve()
      })
      socket.once('error', (error) => {
        over()
        reject(error)
      })
    })
    // What goes wrong later is found by who writes; what a receiver says is of no interest, but its end is.
    socket.on('error', () => {})
    socket.setTimeout(stallMs, () => {
      if (socket.writableLength > 0) socket.destroy(new Error('the other side does not read'))
    })
    socket.on('end', () => {
      if (!this.#closing) socket.destroy(new Error('the other side has closed'))
    })
    socket.resume()
    for (const batch of this.#batches) {
      await write(socket, batch.frames, signal)
      batch.sentMs = performance.now()
    }
    this.#socket = socket
    return socket
  }

  async #connect(): Promise<Socket> {
    const { host, port, tls } = this.#settings
    if (tls === undefined) return connectTcp({ host, port })
    return connectTls({
      host,
      port,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
      ...secureOptions(await readPemFiles(tls)),
    })
  }
}

/** Resolves when the kernel has it all. */
async function write(socket: Socket, frames: Buffer, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = () => socket.destroy(new Error('the supervisor ends'))
    const settle = (error?: Error | null) => {
      signal.removeEventListener('abort', abort)
      socket.off('close', closed)
      if (error) reject(error)
      else resolve()
    }
    const closed = () => settle(socket.errored ?? new Error('the other side has closed'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once('close', closed)
    socket.write(frames, settle)
  })
}
