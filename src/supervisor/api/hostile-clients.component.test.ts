import assert from 'node:assert/strict'

import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { randomNumbers } from '../../ignition-schema/testing/random.ts'
import { type Host, startHost } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { routes } from './routes.ts'
import { type RandomRequest, randomRequest } from './testing/random-request.ts'

describe('the Engine API, whoever asks', { concurrency: true }, () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })
  const socketPath = () => join(host.world.directory, 'run/supervisor.sock')

  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ path: socketPath() })
      socket.once('error', reject)
      socket.once('connect', () => resolve(socket))
    })

  const answers = async () => {
    const { status, stdout, stderr } = await host.docker.run(
      "docker ps --all --format '{{.Names}}'",
    )
    assert.equal(status, 0, stderr)
    assert.match(stdout, /base-seed-1/)
  }

  it('answers beside a thousand connections that say nothing', async () => {
    // The kernel lets fewer wait at once.
    const silent: Socket[] = []
    while (silent.length < 1000)
      silent.push(...(await Promise.all(Array.from({ length: 100 }, open))))
    await answers()
    for (const socket of silent) socket.destroy()
  })

  it('ends a connection that does not get to the end of its headers', async () => {
    const slow = await open()
    slow.write('GET /containers/json HTTP/1.1\r\nHost: docker\r\n')
    const drip = setInterval(() => slow.write('X: y\r\n'), 500)
    const ended = Promise.withResolvers<void>()
    slow.on('close', () => ended.resolve())
    slow.on('error', () => ended.resolve())
    slow.resume()
    await ended.promise
    clearInterval(drip)
    await answers()
  })

  it('refuses what is no request of HTTP', async () => {
    for (const text of [
      '\0\0\0\0',
      'GET\r\n\r\n',
      `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const socket = await open()
      const closed = new Promise((resolve) => socket.on('close', resolve))
      socket.on('error', () => {})
      socket.resume()
      socket.end(text)
      await closed
    }
    await answers()
  })

  it('has an answer that is no failure of its own to whatever is sent to its routes', async () => {
    const random = randomNumbers(20_260)
    const failures: string[] = []
    let refused = 0
    for (const route of routes.filter(({ path }) => !path.startsWith('/slipway/')))
      for (let round = 0; round < 20; round += 1) {
        const sent = randomRequest(route, ['base-seed-1', host.image], random)
        const { status, body } = await send(sent)
        if (status >= 400 && status < 500) refused += 1
        if (status >= 500)
          failures.push(
            `${sent.method} ${sent.path.slice(0, 200)} ${sent.body?.slice(0, 500)}: ${body}`,
          )
      }
    assert.deepEqual(failures, [])
    assert.ok(refused > 50, `${refused} were refused`)
    assert.doesNotMatch(host.supervisor.words, /TypeError|RangeError|unhandled/i)
    await answers()
  })

  /** What is answered, or its beginning where it does not end. */
  const send = ({ method, path, body }: RandomRequest): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
      const sent = request({ socketPath: socketPath(), method, path, headers, agent: false })
      let [status, text] = [0, '']
      const done = () => {
        sent.destroy()
        resolve({ status, body: text })
      }
      sent.setTimeout(300, done)
      sent.on('error', (error) => (status === 0 ? reject(error) : done()))
      sent.on('response', (response) => {
        status = response.statusCode ?? 0
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1').slice(0, 2000)
          if (text.length > 100_000) done()
        })
        response.on('end', done)
        response.on('error', done)
      })
      sent.end(body)
    })
})
