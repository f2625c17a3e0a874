import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'

describe('the files of a log', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })
  const output = async (line: string) => {
    const { status, stdout, stderr } = await host.docker.run(line.replaceAll('IMAGE', host.image))
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  const writing = (count: number) =>
    `sh -c 'i=0; while [ $i -lt ${count} ]; do echo line $i; i=$((i+1)); [ $((i%4000)) = 0 ] && sleep 0.3; done; true'`

  it('are as many as are wanted, and have the last lines without a gap', async () => {
    await output(
      `docker run --name keeps --log-opt max-size=512k --log-opt max-file=3 IMAGE ${writing(40_000)} > /dev/null`,
    )
    const lines = (await output('docker logs keeps')).trim().split('\n')
    const first = Number(lines[0]?.split(' ')[1])
    assert.deepEqual(
      lines,
      Array.from({ length: 40_000 - first }, (_, index) => `line ${first + index}`),
    )
    // Two full files at least, of lines with time and stream.
    assert.ok(lines.length > (2 * 512 * 1024) / 60, String(lines.length))
    assert.ok(lines.length < 40_000, String(lines.length))
    assert.equal(await output('docker logs --tail 2 keeps'), 'line 39998\nline 39999\n')
  })

  it('are shown with what the container says of itself, where details are asked for', async () => {
    await output(
      'docker run --name tells --label b=1 --env "A=x y" --log-opt labels=b,c --log-opt env=A IMAGE echo hi',
    )
    assert.equal(await output('docker logs --details tells'), 'A=x+y,b=1 hi\n')
    assert.match(await output('docker logs --details --timestamps tells'), /^\S+Z A=x\+y,b=1 hi\n$/)
    assert.equal(
      await output("docker inspect --format '{{json .HostConfig.LogConfig.Config}}' tells"),
      '{"env":"A","labels":"b,c"}\n',
    )
  })
})
