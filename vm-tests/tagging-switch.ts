import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'

const TAGGED = 0x8100
const ETHERNET_ADDRESSES_BYTES = 12
const LENGTH_BYTES = 4

/**
 * A switch between two cards of a machine and QEMU's own network: the cards' ports are one link, and carry
 * nothing but one VLAN where a number is given. What goes to QEMU's network has no tag.
 */
export type TaggingSwitch = AsyncDisposable & {
  /** QEMU's arguments for the cards, which a host names enp0s16 and enp0s17, and for the network behind the switch. */
  arguments(network: string): string[]
  /** How many frames came in of each card, and how many of those were dropped for their tag. */
  readonly seen: { readonly first: number; readonly second: number; readonly dropped: number }
}

/** Starts a switch whose sockets lie in `directory`. */
export async function startTaggingSwitch(directory: string, vlan?: number): Promise<TaggingSwitch> {
  const seen = { first: 0, second: 0, dropped: 0 }
  const links: Partial<Record<'first' | 'second' | 'network', Socket>> = {}
  let last: 'first' | 'second' = 'first'

  const fromCard = (card: 'first' | 'second') => (frame: Buffer) => {
    seen[card] += 1
    const plain = vlan === undefined ? frame : withoutTag(frame, vlan)
    if (plain === undefined) {
      seen.dropped += 1
      return
    }
    last = card
    send(links.network, plain)
  }
  const fromNetwork = (frame: Buffer) =>
    send(links[last], vlan === undefined ? frame : withTag(frame, vlan))

  const ports = { first: fromCard('first'), second: fromCard('second'), network: fromNetwork }
  const names = ['first', 'second', 'network'] as const
  const path = (name: string) => join(directory, `switch-${name}`)
  const servers = await Promise.all(
    names.map(async (name) => {
      const server = createServer((socket) => {
        links[name] = socket
        socket.on('error', () => socket.destroy())
        eachFrame(socket, ports[name])
      })
      server.listen(path(name))
      await once(server, 'listening')
      return server
    }),
  )
  const stream = (name: string) =>
    `stream,id=${name},server=off,addr.type=unix,addr.path=${path(name)}`
  const card = (name: string, slot: number) => [
    ...['-netdev', stream(name)],
    ...['-device', `virtio-net-pci,netdev=${name},addr=0x${slot.toString(16)},romfile=`],
  ]
  return {
    seen,
    arguments: (network) => [
      ...card('first', 16),
      ...card('second', 17),
      ...['-netdev', stream('network'), '-netdev', `user,id=behind,${network}`],
      ...['-netdev', 'hubport,id=port0,hubid=0,netdev=network'],
      ...['-netdev', 'hubport,id=port1,hubid=0,netdev=behind'],
    ],
    [Symbol.asyncDispose]: async () => {
      for (const socket of Object.values(links)) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

/** QEMU puts the length before each frame. */
function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readUInt32BE(0)
      if (rest.length < end) return
      take(rest.subarray(LENGTH_BYTES, end))
      rest = rest.subarray(end)
    }
  })
}

function send(socket: Socket | undefined, frame: Buffer): void {
  if (socket === undefined) return
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(frame.length)
  socket.write(Buffer.concat([length, frame]))
}

function withTag(frame: Buffer, vlan: number): Buffer {
  const tag = Buffer.alloc(4)
  tag.writeUInt16BE(TAGGED)
  tag.writeUInt16BE(vlan, 2)
  const [addresses, rest] = [
    frame.subarray(0, ETHERNET_ADDRESSES_BYTES),
    frame.subarray(ETHERNET_ADDRESSES_BYTES),
  ]
  return Buffer.concat([addresses, tag, rest])
}

/** undefined for a frame that is not of this VLAN. */
function withoutTag(frame: Buffer, vlan: number): Buffer | undefined {
  if (frame.readUInt16BE(ETHERNET_ADDRESSES_BYTES) !== TAGGED) return undefined
  if ((frame.readUInt16BE(ETHERNET_ADDRESSES_BYTES + 2) & 0xfff) !== vlan) return undefined
  return Buffer.concat([
    frame.subarray(0, ETHERNET_ADDRESSES_BYTES),
    frame.subarray(ETHERNET_ADDRESSES_BYTES + 4),
  ])
}
