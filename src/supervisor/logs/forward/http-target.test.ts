import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testAuthority } from '../../../update/testing/certificate.ts'
import type { LogEntry } from './entry.ts'
import { HttpTarget } from './http-target.ts'

test('a receiver of logs that asks for a certificate is shown the one of the settings', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-target-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const at = (name: string) => join(directory, name)
  const authority = testAuthority('Logs')
  const [server, client] = [authority.issue('127.0.0.1'), authority.issue('host1')]
  await writeFile(at('ca.crt'), authority.certificate)
  await writeFile(at('host.crt'), client.certificate)
  await writeFile(at('host.key'), client.key)
  let received = ''
  const receiver = createServer(
    {
      cert: server.certificate,
      key: server.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    async (request, answer) => {
      for await (const piece of request) received += piece
      answer.end()
    },
  ).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(() => receiver.close())
  const { port } = receiver.address() as AddressInfo
  const settings = {
    type: 'json-lines',
    url: new URL(`https://127.0.0.1:${port}/in`),
    headers: {},
    certificateAuthority: at('ca.crt'),
  } as const
  const entry: LogEntry = {
    writer: { id: 'c'.repeat(64), name: 'web', image: 'web:1' },
    stream: 'stdout',
    timeNs: 1_700_000_000_000_000_000n,
    text: Buffer.from('hello'),
    isPart: false,
  }
  const send = async (more: object) => {
    const target = new HttpTarget({ ...settings, ...more })
    try {
      return await target.send([entry], AbortSignal.timeout(10_000))
    } finally {
      await target.close()
    }
  }

  await assert.rejects(send({}), /certificate|socket hang up|ECONNRESET/)
  assert.equal(received, '')
  const shown = { certificate: at('host.crt'), key: at('host.key') }
  assert.deepEqual(await send(shown), { refused: 0 })
  assert.match(received, /"message":"hello"/)
})
