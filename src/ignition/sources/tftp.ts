import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ignitionErrors } from '../../errors/ignition.ts'
import { NetworkFailure, reasonOf } from './failure.ts'

export type TftpSource = { readonly host: string; readonly port: number; readonly path: string }

const blockBytes = 512
const resendMs = 5_000
const tries = 6

const opcode = { read: 1, data: 3, acknowledgement: 4, error: 5 } as const

/**
 * Reads a file by TFTP (RFC 1350, mode octet), in blocks of 512 bytes without options, as every
 * server knows. Throws NetworkFailure, SLIPWAY_IGNITION_FETCH_NOT_FOUND for a file that is missing,
 * and SLIPWAY_IGNITION_FETCH_FAILED for what the server refuses.
 */
export async function* tftpRead(
  { host, port, path }: TftpSource,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const server = await resolve(host)
  const socket = createSocket({ type: server.family === 6 ? 'udp6' : 'udp4' })
  const transfer = new Transfer(socket, { ...server, port }, name, signal)
  try {
    let packet = readRequest(path)
    for (let block = 1; ; block += 1) {
      const data = await transfer.blockFor(packet, block & 0xffff)
      packet = acknowledgement(block & 0xffff)
      if (data.length > 0) yield data
      if (data.length < blockBytes) break
    }
    // If this is lost, the server's timeout ends the transfer all the same.
    await transfer.send(packet)
  } finally {
    socket.close()
  }
}

type Server = { readonly address: string; readonly family: number; readonly port: number }

/** One reading, from a port of ours to one that the server chose for it. */
class Transfer {
  readonly #socket: Socket
  readonly #server: Server
  readonly #name: string
  readonly #signal: AbortSignal | undefined
  readonly #received: { message: Buffer; info: RemoteInfo }[] = []
  #transferPort: number | undefined
  #wake: () => void = () => undefined

  constructor(socket: Socket, server: Server, name: string, signal: AbortSignal | undefined) {
    this.#socket = socket
    this.#server = server
    this.#name = name
    this.#signal = signal
    socket.on('message', (message, info) => {
      this.#received.push({ message, info })
      this.#wake()
    })
    // Sending tells of errors too; without a listener they would end the process.
    socket.on('error', () => this.#wake())
  }

  send(packet: Buffer): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(
        packet,
        this.#transferPort ?? this.#server.port,
        this.#server.address,
        (error) =>
          error === null
            ? resolve()
            : reject(new NetworkFailure(reasonOf(error), { cause: error })),
      ),
    )
  }

  /** Sends a packet, again if need be, until the block comes that answers it. */
  async blockFor(packet: Buffer, block: number): Promise<Buffer> {
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      await this.send(packet)
      const deadline = performance.now() + resendMs
      for (;;) {
        const received = await this.#next(deadline - performance.now())
        if (received === undefined) break
        const data = this.#dataOf(received, block)
        if (data !== undefined) return data
      }
    }
    throw new NetworkFailure('the TFTP server did not answer in time')
  }

  /** Strangers, and blocks that came twice, are passed over. */
  #dataOf(
    { message, info }: { message: Buffer; info: RemoteInfo },
    block: number,
  ): Buffer | undefined {
    if (this.#transferPort !== undefined && info.port !== this.#transferPort) return undefined
    if (message.length < 4) return undefined
    const code = message.readUInt16BE(0)
    if (code === opcode.error) throw refusal(message, this.#name)
    if (code !== opcode.data || message.readUInt16BE(2) !== block) return undefined
    this.#transferPort = info.port
    return message.subarray(4)
  }

  /** What comes next; undefined when nothing comes in time. */
  async #next(withinMs: number): Promise<{ message: Buffer; info: RemoteInfo } | undefined> {
    if (this.#received.length === 0 && withinMs > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, withinMs)
        this.#wake = done
        this.#signal?.addEventListener('abort', done)
        const signal = this.#signal
        function done() {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
      })
    this.#signal?.throwIfAborted()
    return this.#received.shift()
  }
}

function readRequest(path: string): Buffer {
  const code = Buffer.from([0, opcode.read])
  return Buffer.concat([code, Buffer.from(`${path}\0octet\0`)])
}

function acknowledgement(block: number): Buffer {
  const packet = Buffer.from([0, opcode.acknowledgement, 0, 0])
  packet.writeUInt16BE(block, 2)
  return packet
}

function refusal(message: Buffer, source: string): Error {
  const code = message.readUInt16BE(2)
  const text = message.subarray(4).toString('utf8').replace(/\0.*$/s, '')
  if (code === 1)
    return ignitionErrors.error('SLIPWAY_IGNITION_FETCH_NOT_FOUND', {
      source,
      status: 'error 1 (file not found)',
    })
  const reason = `the TFTP server answered error ${code}${text === '' ? '' : `: ${text}`}`
  return ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', { source, reason })
}

async function resolve(host: string): Promise<{ address: string; family: number }> {
  const family = isIP(host)
  if (family !== 0) return { address: host, family }
  try {
    return await lookup(host)
  } catch (error) {
    throw new NetworkFailure(reasonOf(error), { cause: error })
  }
}
