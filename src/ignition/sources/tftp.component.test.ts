import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serveTftp } from '../testing/tftp-server.ts'
import { tftpRead } from './tftp.ts'

test('TFTP counts on beyond 65535 blocks', async () => {
  const file = Buffer.alloc(512 * 65_540 + 1, 'abc')
  await using server = await serveTftp(new Map([['/big', file]]))
  const place = { host: '127.0.0.1', port: server.port, path: '/big' }
  const pieces = await Array.fromAsync(tftpRead(place, 'big', undefined))
  assert.ok(Buffer.concat(pieces).equals(file))
})
