import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { type IncomingMessage, request } from 'node:http'
import { Duplex } from 'node:stream'
import { isSlipwayError } from '../../errors/error.ts'
import { loadModule } from '../disks/volumes.ts'
import { reasonOf } from '../sources/failure.ts'
import { inMemory } from '../sources/in-memory.ts'
import { programMissing } from './hypervisor-program.ts'
import { type Provider, providerFailed } from './provider.ts'

/** Connects its standard input and output with port 1024 of the hypervisor, which has the number 2. */
const toHypervisor = ['socat', 'STDIO', 'VSOCK-CONNECT:2:1024'] as const

const patienceMs = 60_000

/**
 * Apple's hypervisor: HTTP over a vsock, a kind of socket that Node has not, so a program of the image makes
 * the connection.
 */
export function applehvProvider(command: readonly [string, ...string[]] = toHypervisor): Provider {
  return {
    fetch: async ({ signal }) => {
      await loadModule('vmw_vsock_virtio_transport')
      const limit = AbortSignal.timeout(patienceMs)
      const either = signal === undefined ? limit : AbortSignal.any([signal, limit])
      const source = 'the hypervisor’s port 1024'
      const data = await ask(command, source, either)
      return data.length === 0 ? undefined : { source, data }
    },
  }
}

async function ask(
  [program, ...parameters]: readonly [string, ...string[]],
  source: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const child = spawn(program, parameters)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-1000)
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  const end = () => child.kill()
  signal.addEventListener('abort', end)
  try {
    const answer = await answerOver(child, signal)
    if (answer.statusCode !== 200)
      throw providerFailed('applehv', `${source} answered ${answer.statusCode}`)
    return await inMemory(answer, source)
  } catch (error) {
    if (isMissing(error)) throw programMissing('applehv', program, 'socat', error)
    if (isSlipwayError(error)) throw error
    // What it has said may come after the end of what it has passed on.
    child.kill()
    await closed
    const reason = said.trim() || reasonOf(error)
    throw providerFailed('applehv', `${source}: ${reason}`, error)
  } finally {
    signal.removeEventListener('abort', end)
    child.kill()
  }
}

function answerOver(
  child: ChildProcessWithoutNullStreams,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    // The host is of no importance, but HTTP wants one.
    const options = { host: 'd', path: '/', headers: { accept: 'application/json' }, signal }
    const createConnection = () => connectionOf(child)
    request({ ...options, createConnection })
      .once('response', resolve)
      .once('error', reject)
      .end()
  })
}

function connectionOf({ stdin, stdout }: ChildProcessWithoutNullStreams): Duplex {
  const connection = new Duplex({
    read: () => {
      stdout.resume()
    },
    write: (piece, _, done) => {
      stdin.write(piece, done)
    },
    final: (done) => {
      stdin.end(done)
    },
  })
  stdout.on('data', (piece) => {
    if (!connection.push(piece)) stdout.pause()
  })
  stdout.once('end', () => connection.push(null))
  stdin.on('error', (error) => connection.destroy(error))
  return connection
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
