import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../../testing/host.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'

describe('volumes by the docker command line', () => {
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

  it('keep what one container wrote for the next', async () => {
    await output('docker volume create kept')
    await output('docker run --rm -v kept:/data IMAGE sh -c "echo text > /data/file"')
    assert.equal(await output('docker run --rm -v kept:/data IMAGE cat /data/file'), 'text\n')
  })

  it('that are empty are filled from the image, with owners', async () => {
    await output('docker volume create web')
    assert.match(
      await output('docker run --rm -v web:/www IMAGE sh -c "cat /www/index.html; ls -ldn /www"'),
      /^hello from the container\n.* 1000 .* 1000 /,
    )
  })

  it('without a name go with their container, others stay', async () => {
    await output('docker volume create --label mine mine')
    await output('docker run --rm -v /x -v mine:/y IMAGE echo')
    await output('docker run --name twice -v /x -v mine:/y IMAGE echo')
    assert.equal(
      (await output('docker volume ls --quiet --filter dangling=false')).split('\n').length,
      3,
    )
    await output('docker rm --volumes twice')
    assert.equal(await output('docker volume ls --quiet --filter label=mine'), 'mine\n')
    const directories = await readdir(join(host.world.directory, 'state/volumes'))
    assert.deepEqual(
      directories.filter((name) => name.length === 64),
      [],
    )
  })

  it('of other drivers and with options are refused', async () => {
    const { stderr } = await docker('docker volume create --driver nosuch other')
    assert.match(
      stderr,
      /create other: error looking up volume plugin nosuch: plugin "nosuch" not found/,
    )
    assert.match(
      (await docker('docker volume create --opt type=nfs other')).stderr,
      /DriverOpts is not supported/,
    )
  })

  it('are pruned by what has no name, or by all that nobody has', async () => {
    await output('docker run --name user -v used:/y IMAGE echo')
    const anonymous = (await output('docker volume create')).trim()
    assert.match(await output('docker volume prune --force'), new RegExp(anonymous))
    assert.match(await output('docker volume prune --force --all'), /mine/)
    assert.equal(await output('docker volume ls --quiet'), 'used\n')
    await output('docker rm user')
  })
})
