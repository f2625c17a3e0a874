import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../../testing/host.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { get } from '../client.ts'

describe('the figures of containers by the docker command line', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })
  const docker = (line: string) => host.docker.run(line.replaceAll('IMAGE', host.image))
  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker(line)
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }

  it('show a busy processor and what went over the network', async () => {
    await output('docker run -d --name busy IMAGE sh -c "while :; do :; done"')
    await output('docker run -d --name web IMAGE')
    await output(
      'docker run --rm --network container:web IMAGE busybox wget -q -O - http://127.0.0.1/',
    )
    const address = (
      await output('docker inspect --format "{{.NetworkSettings.IPAddress}}" web')
    ).trim()
    await host.world.get(`http://${address}/`)
    const rows = await output(
      'docker stats --no-stream --format "{{.Name}} {{.CPUPerc}} {{.NetIO}}" busy web',
    )
    const [, percent] = /^busy ([\d.]+)%/m.exec(rows) ?? []
    assert.ok(Number(percent) > 1, rows)
    assert.match(rows, /^web .*%.* [1-9]\d*(?:\.\d+)?k?B \/ [1-9]/m)
  })

  it('come for many at once, and go on until nobody looks', async () => {
    const { stdout } = await docker(
      'timeout --signal INT 4 docker stats --format "{{.Name}} {{.CPUPerc}}"',
    )
    assert.ok((stdout.match(/busy \d/g) ?? []).length > 1, stdout)
    assert.match(stdout, /web \d/)
    assert.match(stdout, /seed-1 \d/)
  })

  it('of one that does not run are nothing', async () => {
    await output('docker create --name idle IMAGE')
    assert.equal(
      await output('docker stats --no-stream --format "{{.Name}} {{.CPUPerc}} {{.PIDs}}" idle'),
      'idle 0.00% 0\n',
    )
    await output('docker rm idle')
  })

  it('end with the container', async () => {
    const stream = await get(
      join(host.world.directory, 'run/supervisor.sock'),
      '/containers/web/stats',
    )
    const pieces = stream.iterator()
    const { value } = await pieces.next()
    assert.equal(JSON.parse(String(value)).name, '/web')
    await output('docker rm --force web busy')
    for await (const piece of pieces) assert.match(String(piece), /^\{/)
    assert.ok(stream.complete)
  })
})
