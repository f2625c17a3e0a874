import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'

export type TftpServer = AsyncDisposable & { readonly port: number }

export type Loss = {
  /** Datagrams of data, counted from 1 over the whole server, that get lost on the way. */
  readonly lost?: ReadonlySet<number>
  /** Sends every block twice. */
  readonly isDoubled?: boolean
}

/** A TFTP server (RFC 1350, read requests in mode octet) on loopback; it sends again after 100 ms. */
export async function serveTftp(
  files: ReadonlyMap<string, Uint8Array>,
  { lost = new Set(), isDoubled = false }: Loss = {},
): Promise<TftpServer> {
  const listening = createSocket('udp4')
  const transfers = new Set<() => void>()
  let sent = 0
  listening.on('message', (message, client) => {
    if (message.readUInt16BE(0) !== 1) return
    const [path = '', mode] = message.subarray(2).toString().split('\0')
    const file = mode === 'octet' ? files.get(path) : undefined
    transfer(file, client)
  })
  listening.bind(0, '127.0.0.1')
  await once(listening, 'listening')

  /** From a port of its own, as the protocol wants it. */
  function transfer(file: Uint8Array | undefined, client: RemoteInfo): void {
    const socket = createSocket('udp4')
    let block = 1
    let again: NodeJS.Timeout | undefined
    const stop = () => {
      clearInterval(again)
      transfers.delete(stop)
      socket.close()
    }
    const send = () => {
      sent += 1
      const data = file?.subarray((block - 1) * 512, block * 512) ?? new Uint8Array()
      const head = Buffer.from([0, 3, (block >> 8) & 0xff, block & 0xff])
      if (lost.has(sent)) return
      for (let copy = 0; copy < (isDoubled ? 2 : 1); copy += 1)
        socket.send(Buffer.concat([head, data]), client.port, client.address)
    }
    socket.bind(0, '127.0.0.1', () => {
      if (file === undefined) {
        const error = Buffer.from('\0\x05\0\x01File not found\0')
        socket.send(error, client.port, client.address, () => socket.close())
        return
      }
      transfers.add(stop)
      again = setInterval(send, 100)
      send()
    })
    socket.on('message', (message) => {
      if (file === undefined || message.readUInt16BE(0) !== 4) return
      if (message.readUInt16BE(2) !== (block & 0xffff)) return
      if (block * 512 > file.length) return stop()
      block += 1
      again?.refresh()
      send()
    })
  }

  return {
    port: listening.address().port,
    [Symbol.asyncDispose]: async () => {
      for (const stop of transfers) stop()
      listening.close()
      await once(listening, 'close')
    },
  }
}
