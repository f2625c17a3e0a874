import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { layerTar } from '../../images/testing/layer-tar.ts'
import { type Host, startHost } from '../../testing/host.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { eventually } from '../../testing/world.ts'

describe('archives of images over the Engine API', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })

  const ask = async (method: string, path: string, body?: Buffer) => {
    const socketPath = join(host.world.directory, 'run/supervisor.sock')
    const asked = request({ socketPath, method, path })
    asked.end(body)
    const [answer]: [IncomingMessage] = (await once(asked, 'response')) as [IncomingMessage]
    const pieces = await Array.fromAsync(answer, (piece) => Buffer.from(piece))
    return { status: answer.statusCode, bytes: Buffer.concat(pieces) }
  }
  const lines = ({ bytes }: { bytes: Buffer }) =>
    String(bytes)
      .trim()
      .split('\r\n')
      .map((line) => JSON.parse(line))
  const staged = async () => await readdir(join(host.world.directory, 'state/images/staging'))

  it('tell of layers that are not here yet, and of no others', async () => {
    const name = '127.0.0.1:5000/test/busybox:1'
    const saved = await ask('GET', `/images/get?names=${encodeURIComponent(name)}`)
    assert.equal(saved.status, 200)
    const again = await ask('POST', '/images/load', saved.bytes)
    assert.deepEqual(lines(again), [{ stream: `Loaded image: ${name}\n` }])

    const files = layerTar([{ name: 'file', content: 'new' }])
    const [imported] = lines(await ask('POST', '/images/create?fromSrc=-&repo=new&tag=1', files))
    const archive = await ask('GET', `/images/${imported.status}/get`)
    assert.equal((await ask('DELETE', '/images/new:1')).status, 200)
    const [progress, ...rest] = lines(await ask('POST', '/images/load', archive.bytes))
    assert.equal(progress.status, 'Loading layer')
    assert.equal(progress.progressDetail.current, progress.progressDetail.total)
    assert.deepEqual(rest, [{ stream: `Loaded image ID: ${imported.status}\n` }])
    const quiet = await ask('POST', '/images/load?quiet=1', archive.bytes)
    assert.deepEqual(lines(quiet), rest)
  })

  it('that are not what they should be are refused in the middle, with the reason', async () => {
    const garbage = Buffer.alloc(30_000_000, 'x')
    for (const path of ['/images/load', '/images/create?fromSrc=-']) {
      const { status, bytes } = await ask('POST', path, garbage)
      assert.equal(status, 400, String(bytes))
      assert.match(JSON.parse(String(bytes)).message, /not octal/)
    }
    const evil = layerTar([{ name: '../../evil', content: 'x' }])
    const { status, bytes } = await ask('POST', '/images/create?fromSrc=-', evil)
    assert.equal(status, 400)
    assert.match(JSON.parse(String(bytes)).message, /evil/)
    assert.deepEqual(await staged(), [])
  })

  it('whose client hangs up in the middle leave nothing behind', async () => {
    const socketPath = join(host.world.directory, 'run/supervisor.sock')
    const asked = request({ socketPath, method: 'POST', path: '/images/load' })
    asked.on('error', () => {})
    asked.write(layerTar([{ name: 'big', content: Buffer.alloc(100_000) }]).subarray(0, 50_000))
    await eventually('something is staged', async () => (await staged()).length > 0)
    asked.destroy()
    await eventually('it is gone', async () => (await staged()).length === 0)
    assert.equal((await ask('GET', '/_ping')).status, 200)
  })
})
