import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { testAuthority } from '../testing/certificate.ts'
import { type FleetLockClient, fleetLockClient, releaseLock, requestLock } from './fleet-lock.ts'

const id = '5c78bc31c5d64d68ab1d091ba6647cf8'

/** A server on the loopback; gives its base address. */
async function serve(
  t: TestContext,
  listener: RequestListener,
  create: (listener: RequestListener) => Server = createServer,
): Promise<string> {
  const server = create(listener)
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `${create === createServer ? 'http' : 'https'}://127.0.0.1:${address.port}/base/`
}

/** A client whose waits take no time; `waits` tells how many there were. */
function clientOf(url: string, rest: Partial<FleetLockClient> = {}) {
  const waits: number[] = []
  const wait = async (delayMs: number) => {
    waits.push(delayMs)
  }
  return { waits, client: { url, group: 'web.eu-1', id, attempts: 3, wait, ...rest } }
}

const hasCode = (code: string) => (error: unknown) => isSlipwayError(error, code)

describe('the client of the lock server', () => {
  it('sends what the protocol asks for, and is granted by 200', async (t) => {
    const requests: unknown[] = []
    const url = await serve(t, async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      const header = request.headers['fleet-lock-protocol']
      requests.push([request.method, request.url, header, JSON.parse(body)])
      response.end()
    })
    const { client } = clientOf(url)
    assert.deepEqual(await requestLock(client), { kind: 'granted' })
    assert.deepEqual(await releaseLock(client), { kind: 'granted' })
    const body = { client_params: { id, group: 'web.eu-1' } }
    assert.deepEqual(requests, [
      ['POST', '/base/v1/pre-reboot', 'true', body],
      ['POST', '/base/v1/steady-state', 'true', body],
    ])
  })

  it('tells why it was refused, and does not insist', async (t) => {
    let requests = 0
    const url = await serve(t, (_, response) => {
      requests += 1
      response.writeHead(409)
      response.end('{"kind": "failed_lock_semaphore_full", "value": "all slots\\nare locked"}')
    })
    assert.deepEqual(await requestLock(clientOf(url).client), {
      kind: 'refused',
      status: 409,
      errorKind: 'failed_lock_semaphore_full',
      reason: 'all slots are locked',
    })
    assert.equal(requests, 1)
  })

  for (const body of ['', 'no', '[]', '{"kind": 3, "value": "x"}', '{"kind": "x"}'])
    it(`is refused by any status but 200, whatever stands in the answer: ${JSON.stringify(body)}`, async (t) => {
      const url = await serve(t, (_, response) => {
        response.writeHead(403)
        response.end(body)
      })
      assert.deepEqual(await requestLock(clientOf(url).client), {
        kind: 'refused',
        status: 403,
        errorKind: 'unknown',
        reason: 'the server answered with status 403',
      })
    })

  for (const status of [201, 204])
    it(`is not granted by ${status}`, async (t) => {
      const url = await serve(t, (_, response) => {
        response.writeHead(status)
        response.end()
      })
      const answer = await requestLock(clientOf(url).client)
      assert.equal(answer.kind === 'refused' && answer.status, status)
    })

  it('follows no redirection', async (t) => {
    let others = 0
    const other = await serve(t, (_, response) => {
      others += 1
      response.end()
    })
    const url = await serve(t, (_, response) => {
      response.writeHead(307, { location: `${other}v1/pre-reboot` })
      response.end()
    })
    const answer = await requestLock(clientOf(url).client)
    assert.equal(answer.kind === 'refused' && answer.status, 307)
    assert.equal(others, 0)
  })

  it('tries again when the server is overloaded, a little later each time', async (t) => {
    const statuses = [503, 429, 200]
    const url = await serve(t, (_, response) => {
      response.writeHead(statuses.shift() ?? 500)
      response.end()
    })
    const { client, waits } = clientOf(url)
    assert.deepEqual(await requestLock(client), { kind: 'granted' })
    const [first = 0, second = 0] = waits
    assert.equal(waits.length, 2)
    assert.ok(first >= 500 && first <= 1000, `${first} ms`)
    assert.ok(second >= 1000 && second <= 2000, `${second} ms`)
  })

  it('tells the last answer of a server that stays overloaded', async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(500)
      response.end('{"kind": "state_not_saved", "value": "disk full"}')
    })
    const { client, waits } = clientOf(url)
    const answer = await requestLock(client)
    assert.equal(answer.kind === 'refused' && answer.errorKind, 'state_not_saved')
    assert.equal(waits.length, 2)
  })

  it('gives up a server that is not there after all its tries', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    server.close()
    await once(server, 'close')
    const { client, waits } = clientOf(`http://127.0.0.1:${address.port}/`)
    await assert.rejects(requestLock(client), hasCode('SLIPWAY_UPDATE_LOCK_UNREACHABLE'))
    assert.equal(waits.length, 2)
  })

  it('does not wait for ever for an answer that does not come, or never ends', async (t) => {
    for (const begin of [false, true]) {
      const url = await serve(t, (_, response) => {
        if (begin) response.write('{')
      })
      const { client, waits } = clientOf(url, { timeoutMs: 50 })
      await assert.rejects(requestLock(client), (error) => {
        assert.ok(isSlipwayError(error, 'SLIPWAY_UPDATE_LOCK_UNREACHABLE'))
        assert.equal(error.details.reason, 'no answer within 0.05 s')
        return true
      })
      assert.equal(waits.length, 2)
    }
  })

  it('reads no more of an answer than the protocol has', async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(400)
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65536)));
      }
      response.on('drain', flood)
      flood()
    })
    const answer = await requestLock(clientOf(url).client)
    assert.equal(answer.kind === 'refused' && answer.errorKind, 'unknown')
  })

  it('stops when it is told to', async (t) => {
    const controller = new AbortController()
    const url = await serve(t, () => controller.abort(new Error('enough')))
    const { client, waits } = clientOf(url, { signal: controller.signal })
    await assert.rejects(requestLock(client), new Error('enough'))
    assert.equal(waits.length, 0)
  })
})

describe('the client of a lock server with TLS', () => {
  const authority = testAuthority('The fleet')
  const server = (issued: { certificate: string; key: string }) => (listener: RequestListener) =>
    createTlsServer({ cert: issued.certificate, key: issued.key }, listener)
  const granting: RequestListener = (_, response) => response.end()

  it('trusts the authority that the settings name', async (t) => {
    const url = await serve(t, granting, server(authority.issue('127.0.0.1')))
    const directory = await mkdtemp(join(tmpdir(), 'slipway-fleet-lock-'))
    t.after(() => rm(directory, { recursive: true }))
    const file = join(directory, 'ca.pem')
    await writeFile(file, authority.certificate)
    const client = await fleetLockClient({ url, group: 'default', caCertificate: file }, id)
    assert.deepEqual(await requestLock(client), { kind: 'granted' })
  })

  for (const [name, issued, ca] of [
    ['an authority that nobody named', authority.issue('127.0.0.1'), undefined],
    ['another authority', testAuthority('Others').issue('127.0.0.1'), authority.certificate],
    ['another name', authority.issue('127.0.0.2'), authority.certificate],
  ] as const)
    it(`does not trust a certificate of ${name}, and does not insist`, async (t) => {
      let requests = 0
      const url = await serve(
        t,
        (_, response) => {
          requests += 1
          response.end()
        },
        server(issued),
      )
      const { client, waits } = clientOf(url, ca === undefined ? {} : { ca })
      await assert.rejects(requestLock(client), hasCode('SLIPWAY_UPDATE_LOCK_UNTRUSTED'))
      assert.equal(requests, 0)
      assert.equal(waits.length, 0)
    })

  it('needs the file that the settings name', async () => {
    const settings = { url: 'https://l.example/', group: 'default', caCertificate: '/nonexistent' }
    await assert.rejects(fleetLockClient(settings, id), hasCode('SLIPWAY_UPDATE_LOCK_CERTIFICATE'))
  })
})
