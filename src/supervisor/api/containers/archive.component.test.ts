import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../../testing/host.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { eventually } from '../../testing/world.ts'

describe('files of containers by the docker command line', () => {
  let host: Host
  let files: string
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
    files = join(host.world.directory, 'files')
    await mkdir(join(files, 'directory/deep'), { recursive: true })
    await writeFile(join(files, 'directory/deep/file'), 'text\n')
    await writeFile(join(files, 'file'), 'one file\n')
    await symlink('deep/file', join(files, 'directory/link'))
  })
  const docker = (line: string) =>
    host.docker.run(`cd ${files}; ${line.replaceAll('IMAGE', host.image)}`)
  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker(line)
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  const sleeper = (name: string, options = '') =>
    output(`docker run -d --name ${name} ${options} IMAGE sleep 1000`)

  it('are copied in and out while it runs, with links and owners', async () => {
    await sleeper('running')
    await output('docker cp directory running:/')
    await output('docker cp file running:/directory/renamed')
    assert.equal(
      await output('docker exec running cat /directory/link /directory/renamed'),
      'text\none file\n',
    )
    await output(
      'docker exec running sh -c "echo made > /directory/made; chmod 4750 /directory/made"',
    )
    await output('docker cp running:/directory out')
    assert.equal(await readFile(join(files, 'out/made'), 'utf8'), 'made\n')
    assert.equal(await readFile(join(files, 'out/link'), 'utf8'), 'text\n')
    assert.match(await output('docker cp running:/www/index.html - | tar -tvf -'), /index\.html$/m)
    assert.match(
      await output('docker cp running:/www - | tar --numeric-owner -tvf -'),
      /1000\/1000 .* www\/index\.html/,
    )
    assert.match(
      (await docker('docker cp running:/none out')).stderr,
      /Could not find the file \/none in container running/,
    )
    await output('docker rm --force running')
  })

  it('are copied in before it starts and out after it has ended, volumes included', async () => {
    await output('docker volume create data')
    await output(
      'docker create --name later -v data:/data -v fresh:/www IMAGE cat /data/file /www/index.html',
    )
    await output('docker cp file later:/data/')
    assert.equal(
      await output('docker start --attach later'),
      'one file\nhello from the container\n',
    )
    await output('docker cp later:/data/file - > from-volume.tar')
    assert.match(await output('tar -xOf from-volume.tar'), /one file/)
    assert.equal(await output('docker run --rm -v data:/d IMAGE cat /d/file'), 'one file\n')
    assert.equal((await host.world.run('grep', '-c', '/rootfs', '/proc/mounts')).stdout, '1\n')
    await output('docker rm later')
  })

  it('get the owner that is asked for', async () => {
    await output('docker create --name user --user 1000:44 IMAGE sleep 1000')
    await output('docker cp --archive file user:/www/mine')
    assert.match(
      await output('docker cp user:/www/mine - | tar --numeric-owner -tvf -'),
      / 1000\/44 /,
    )
    await output('docker cp file user:/www/other')
    assert.match(await output('docker cp user:/www/other - | tar --numeric-owner -tvf -'), / 0\/0 /)
    await output('docker rm user')
  })

  it('are not written where it is read-only', async () => {
    const isRefused = async () => {
      assert.match(
        (await docker('docker cp file read-only:/')).stderr,
        /container rootfs is marked read-only/,
      )
      assert.match(
        (await docker('docker cp file read-only:/ro/')).stderr,
        /mounted volume is marked read-only/,
      )
    }
    await sleeper('read-only', '--read-only -v kept:/rw -v kept:/ro:ro')
    await isRefused()
    await output('docker cp file read-only:/rw/')
    await output('docker rm --force read-only')
    await output('docker create --name read-only --read-only -v kept:/ro:ro IMAGE sleep 1000')
    await isRefused()
    await output('docker rm read-only')
  })

  it('are never those of the host, whatever links there are', async () => {
    const secret = join(host.world.directory, 'secret')
    await writeFile(secret, 'of the host')
    await sleeper('hostile', '-v shared:/shared')
    await output(
      `docker exec hostile sh -c "ln -s ${secret} /secret; ln -s ${host.world.directory} /shared/way"`,
    )
    assert.match(
      (await docker('docker cp --follow-link hostile:/secret stolen')).stderr,
      /No such|Could not find/,
    )
    assert.match(
      (await docker(`docker cp hostile:/shared/way/secret stolen`)).stderr,
      /Could not find/,
    )
    assert.notEqual((await docker('docker cp file hostile:/shared/way/secret')).status, 0)
    await output('docker stop --time 0 hostile')
    assert.match(
      (await docker(`docker cp hostile:/shared/way/secret stolen`)).stderr,
      /Could not find/,
    )
    assert.notEqual((await docker('docker cp file hostile:/shared/way/secret')).status, 0)
    assert.equal(await readFile(secret, 'utf8'), 'of the host')
    await output('docker rm hostile')
  })

  it('keep capabilities, devices and pipes', async () => {
    await sleeper('special', '--cap-add MKNOD')
    await output('docker exec special sh -c "mknod /null c 1 3; mknod /pipe p"')
    await output('docker cp special:/null - > special.tar; docker cp special:/pipe - > pipe.tar')
    await output(
      'docker exec special sh -c "mkdir /to" ; docker cp - special:/to < special.tar; docker cp - special:/to < pipe.tar',
    )
    assert.match(await output('docker exec special ls -l /to'), /^crw.* 1, +3 .*null\nprw/m)
    await output('docker rm --force special')
  })

  it('are exported without what is mounted', async () => {
    await sleeper('exported', '-v kept:/kept')
    await output('docker exec exported sh -c "echo a > /kept/volume; echo b > /own"')
    const listed = await output('docker export exported | tar -tf -')
    assert.match(listed, /^own$/m)
    assert.match(listed, /^kept\/$/m)
    assert.doesNotMatch(listed, /kept\/volume|proc\/1\//)
    await output('docker stop --time 0 exported')
    assert.match(await output('docker export exported | tar -tf -'), /^own$/m)
    await output('docker rm exported')
  })

  it('that a client begins to read and leaves hold nothing up', async () => {
    await output('docker create --name left IMAGE sleep 1000')
    await docker('docker export left | head -c 1000 > /dev/null')
    await eventually('it starts', async () => (await docker('docker start left')).status === 0)
    await output('docker rm --force left')
  })

  it('leave nothing mounted when the supervisor is killed in the middle, and no harm', async () => {
    const mounted = async () =>
      Number((await host.world.run('grep', '-c', '/rootfs', '/proc/mounts')).stdout)
    await output('docker create --name cut -v cut:/cut IMAGE cat /cut/file')
    await output('docker cp file cut:/cut/')
    assert.equal(await mounted(), 1)
    // An archive that never comes.
    host.docker.start(`cd ${files}; mkfifo never; exec 3<>never; docker cp - cut:/ <&3`)
    // The root, and the volume in it.
    await eventually('the container is mounted', async () => (await mounted()) === 3)
    await host.supervisor.kill('SIGKILL')
    await host.world.startSupervisor()
    assert.equal(await mounted(), 1)
    assert.equal(await output('docker start --attach cut'), 'one file\n')
    await output('docker rm cut')
  })
})
