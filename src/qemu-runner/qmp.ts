import type { Duplex } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { qemuErrors } from '../errors/qemu.ts'

/** An event of QEMU's, for example SHUTDOWN with `{ guest: true, reason: 'guest-shutdown' }`. */
export type QmpEvent = {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: string }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'refusal'; readonly id: number | undefined; readonly reason: string }
  | { readonly kind: 'event'; readonly event: QmpEvent }

/** Parses one line from QEMU's monitor (docs/interop/qmp-spec); throws SLIPWAY_QEMU_PROTOCOL. */
export function parseQmpMessage(line: string): QmpMessage {
  const message = parseObject(line)
  const id = typeof message.id === 'number' ? message.id : undefined
  if (isObject(message.QMP)) return { kind: 'greeting', version: versionOf(message.QMP) }
  if (typeof message.event === 'string') {
    const data = isObject(message.data) ? message.data : {}
    return { kind: 'event', event: { name: message.event, data } }
  }
  if (isObject(message.error)) return { kind: 'refusal', id, reason: String(message.error.desc) }
  if ('return' in message && id !== undefined) return { kind: 'result', id, result: message.return }
  throw protocolError(line)
}

type Pending = {
  readonly command: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** A client of QEMU's machine protocol, over a unix socket that is already connected. */
export class QmpClient {
  readonly #stream: Duplex
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Set<(event: QmpEvent) => void>()
  readonly #ended = Promise.withResolvers<void>()
  #lastId = 0
  #closed = false
  #unread = ''

  constructor(stream: Duplex) {
    this.#stream = stream
    const decoder = new StringDecoder('utf8')
    stream.on('data', (bytes: Buffer) => this.#read(decoder.write(bytes)))
    // QEMU's end resets the connection: that is a close like any other.
    stream.on('error', () => this.#close())
    stream.on('close', () => this.#close())
    stream.on('end', () => this.#close())
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<void> {
    return this.#ended.promise
  }

  /** Leaves the negotiation mode; must be the first command. */
  async negotiate(): Promise<void> {
    await this.execute('qmp_capabilities')
  }

  /**
   * Carries out a command and gives its result. Throws SLIPWAY_QEMU_COMMAND_FAILED with QEMU's reason,
   * or SLIPWAY_QEMU_DISCONNECTED when QEMU is gone.
   */
  execute(command: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#closed) return Promise.reject(disconnected(command))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject })
      this.#stream.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`)
    })
  }

  /** Carries out a command of the human monitor and gives its text. */
  async humanCommand(commandLine: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': commandLine }))
  }

  /** Calls `listener` for every event from now on; the result ends it. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split('\n')
    this.#unread = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') this.#handle(line)
  }

  #handle(line: string): void {
    let message: QmpMessage
    try {
      message = parseQmpMessage(line)
    } catch (error) {
      this.#stream.destroy()
      this.#close(error as Error)
      return
    }
    if (message.kind === 'event')
      for (const listener of [...this.#listeners]) listener(message.event)
    if (message.kind !== 'result' && message.kind !== 'refusal') return
    const pending = message.id === undefined ? undefined : this.#pending.get(message.id)
    if (!pending || message.id === undefined) return
    this.#pending.delete(message.id)
    if (message.kind === 'result') pending.resolve(message.result)
    else
      pending.reject(
        qemuErrors.error('SLIPWAY_QEMU_COMMAND_FAILED', {
          command: pending.command,
          reason: message.reason,
        }),
      )
  }

  #close(cause?: Error): void {
    this.#closed = true
    this.#ended.resolve()
    for (const { command, reject } of this.#pending.values()) reject(cause ?? disconnected(command))
    this.#pending.clear()
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function disconnected(command: string): Error {
  return qemuErrors.error('SLIPWAY_QEMU_DISCONNECTED', { command })
}

function protocolError(text: string, cause?: unknown): Error {
  return qemuErrors.error('SLIPWAY_QEMU_PROTOCOL', { text: text.slice(0, 200) }, cause)
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw protocolError(line, cause)
  }
  if (!isObject(value)) throw protocolError(line)
  return value
}

function versionOf(greeting: Record<string, unknown>): string {
  const version = isObject(greeting.version) ? greeting.version : {}
  const qemu = isObject(version.qemu) ? version.qemu : {}
  return `${qemu.major}.${qemu.minor}.${qemu.micro}`
}
