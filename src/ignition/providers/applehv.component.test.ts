import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { applehvProvider } from './applehv.ts'

/** Asks through socat, as on a host, but for a socket of this machine. */
async function fetched(listener: RequestListener | undefined): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-applehv-'))
  const path = join(directory, 'socket')
  const server = createServer(listener)
  if (listener !== undefined) {
    server.listen(path)
    await once(server, 'listening')
  }
  try {
    const log = quietLog()
    const provider = applehvProvider(['socat', 'STDIO', `UNIX-CONNECT:${path}`])
    const config = await provider.fetch({ log, fetcher: new Fetcher({ log, platform: 'test' }) })
    return config && Buffer.from(config.data).toString()
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  }
}

test('takes the config that the hypervisor answers with, in one piece or in several', async () => {
  const text = JSON.stringify({ a: 'x'.repeat(300_000) })
  const asked: string[] = []
  const whole = await fetched(({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.accept}`)
    response.end(text)
  })
  assert.equal(whole, text)
  assert.deepEqual(asked, ['GET / application/json'])
  const pieces = await fetched((_, response) => {
    response.write(text.slice(0, 100))
    setTimeout(() => response.end(text.slice(100)), 50)
  })
  assert.equal(pieces, text)
  assert.equal(await fetched((_, response) => response.end()), undefined)
})

test('says why there is no answer', async () => {
  await assert.rejects(
    fetched((_, response) => response.writeHead(500).end()),
    /platform applehv: the hypervisor’s port 1024 answered 500/,
  )
  await assert.rejects(
    fetched((request) => request.socket.destroy()),
    /platform applehv: the hypervisor’s port 1024: /,
  )
  await assert.rejects(fetched(undefined), /port 1024: .*No such file or directory/)
})

test('says that an image lacks the program', async () => {
  const log = quietLog()
  const context = { log, fetcher: new Fetcher({ log, platform: 'test' }) }
  await assert.rejects(applehvProvider(['slipway-no-such-program']).fetch(context), {
    code: 'SLIPWAY_IGNITION_NO_CONFIG_SERVICE',
  })
})
