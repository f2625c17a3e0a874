import type { Socket } from 'node:net'
import { stdin, stdout } from 'node:process'
import { ask, upgraded } from '../../supervisor/api/client.ts'
import type { Endpoint } from '../../supervisor/api/endpoint.ts'
import { writeFrames } from '../logs.ts'

/**
 * Starts a container that was made, with our input and output, until it has ended; gives its exit status. On a
 * terminal it has one of the same size. Whatever ends us ends it.
 */
export async function runAttached(
  endpoint: Endpoint,
  id: string,
  terminal: boolean,
): Promise<number> {
  const path = `/containers/${id}`
  const socket = await upgraded(endpoint, `${path}/attach?stream=1&stdin=1&stdout=1&stderr=1`)
  const waiting = ask(endpoint, `${path}/wait?condition=removed`, { method: 'POST' })
  // It may fail before anybody waits for it, and is waited for below.
  waiting.catch(() => {})
  const resize = () => {
    const { rows, columns } = stdout
    // The last one counts, and there may be no terminal any more.
    ask(endpoint, `${path}/resize?h=${rows}&w=${columns}`, { method: 'POST' }).catch(() => {})
  }
  const end = () => {
    ask(endpoint, `${path}?force=1`, { method: 'DELETE' }).catch(() => {})
  }
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  if (terminal) stdin.setRawMode(true)
  else process.on('SIGINT', end)
  try {
    await ask(endpoint, `${path}/start`, { method: 'POST' })
    if (terminal) {
      resize()
      stdout.on('resize', resize)
    }
    stdin.pipe(socket)
    await show(socket, terminal)
    const { StatusCode } = JSON.parse(await waiting) as { StatusCode: number }
    return StatusCode
  } finally {
    stdout.off('resize', resize)
    stdin.unpipe(socket)
    stdin.pause()
    if (terminal) stdin.setRawMode(false)
    socket.destroy()
  }
}

async function show(socket: Socket, terminal: boolean): Promise<void> {
  if (!terminal) return await writeFrames(socket)
  for await (const piece of socket) stdout.write(piece)
}
