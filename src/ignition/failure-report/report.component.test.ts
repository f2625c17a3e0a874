import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { ScratchHost } from '../scratch-host.ts'
import { addressFile } from './address.ts'

describe('a host that is not provisioned', () => {
  const received: { method: string | undefined; type: string | undefined; body: string }[] = []
  let statuses: number[] = []
  const server = createServer(
    (request, response) =>
      void answer(request).then((status) => {
        response.writeHead(status).end()
      }),
  )
  let address = ''
  let host: ScratchHost

  async function answer(request: IncomingMessage): Promise<number> {
    received.push({
      method: request.method,
      type: request.headers['content-type'],
      body: await text(request),
    })
    return statuses.shift() ?? 204
  }

  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/reports?token=t0ken`
  })
  after(() => server.close())
  beforeEach(() => {
    host = new ScratchHost()
    received.length = 0
    statuses = []
  })
  afterEach(() => host.remove())

  const config = () => ({
    ignition: { version: '3.6.0' },
    storage: {
      files: [
        {
          path: addressFile,
          mode: 0o600,
          contents: { source: `data:,${encodeURIComponent(address)}` },
        },
        { path: 'etc/relative', contents: { source: 'data:,hunter2' } },
      ],
    },
  })

  it('tells the address of its config which field is wrong, and no contents', async () => {
    const { status, stderr } = await host.provision(config())
    assert.equal(status, 1, stderr)
    assert.deepEqual(
      received.map(({ method, type }) => [method, type]),
      [['POST', 'application/json']],
    )
    const report = JSON.parse(received[0]?.body ?? '')
    assert.equal(report.result, 'failed')
    assert.equal(report.code, 'SLIPWAY_IGNITION_CONFIG_REFUSED')
    assert.equal(report.problems[0].path, '$.storage.files.1.path')
    assert.equal(typeof report.problems[0].line, 'number')
    assert.doesNotMatch(received[0]?.body ?? '', /hunter2|t0ken/)
    assert.doesNotMatch(stderr, /t0ken/)
    assert.match(stderr, /was told of the failure/)
  })

  it('tries again while the server has no time', async () => {
    statuses = [503]
    const { status } = await host.provision(config())
    assert.equal(status, 1)
    assert.equal(received.length, 2)
  })

  it('says on the console that the address refused it', async () => {
    statuses = [403]
    const { stderr } = await host.provision(config())
    assert.match(stderr, /was not told of the failure: it answered 403/)
  })

  it('keeps the report until there is a network, and tells once', async () => {
    const run = join(host.root, '../run')
    const flags = [`--state-file=${run}/state`, `--neednet=${run}/neednet`]
    const { status, stderr } = await host.provision(config(), '--stage=all-offline', ...flags)
    assert.equal(status, 1)
    assert.match(stderr, /will be told as soon as there is a network/)
    assert.equal(received.length, 0)
    assert.ok(existsSync(`${run}/neednet`))
    for (let run = 0; run < 2; run += 1) {
      const later = await host.provision(config(), '--stage=report', ...flags)
      assert.equal(later.status, 0, later.stderr)
    }
    assert.equal(JSON.parse(received[0]?.body ?? '').stage, 'all-offline')
    assert.equal(received.length, 1)
  })
})
