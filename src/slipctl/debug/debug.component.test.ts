import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { serveBusybox } from '../../supervisor/testing/busybox-image.ts'
import { type Host, startHost } from '../../supervisor/testing/host.ts'
import { cleanUpsOfSuite } from '../../supervisor/testing/suite.ts'
import { World } from '../../supervisor/testing/world.ts'

const program = join(import.meta.dirname, '../../host.ts')

describe('slipctl debug', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
    await output('docker run -d --name web IMAGE')
    await output('docker exec web busybox rm /bin/sh /bin/ls')
  })
  const output = async (line: string) => {
    const { status, stdout, stderr } = await host.docker.run(line.replaceAll('IMAGE', host.image))
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  const debug = async (...words: string[]) =>
    await host.world.slipctl('debug', '--image', host.image, ...words)

  it('brings tools to a container without a shell: its root, network and processes', async () => {
    const before = await output('docker diff web')
    const { status, stdout, stderr } = await debug(
      'web',
      '--',
      'sh',
      '-c',
      'cat /target/www/index.html; busybox wget -q -O - http://127.0.0.1/; busybox tr "\\0" " " < /proc/1/cmdline; exit 7',
    )
    assert.match(stdout, /^(?:hello from the container\n){2}httpd -f/, stderr)
    assert.equal(status, 7)
    assert.equal(await output('docker diff web'), before)
    assert.equal(await output('docker ps --all --quiet --filter label=slipway.debug'), '')
  })

  it('shows the last words and files of one that has ended', async () => {
    await host.docker.run(
      `docker run --name dead ${host.image} sh -c "echo last words; echo found > /left; exit 3"`,
    )
    const { status, stdout, stderr } = await debug('dead', 'cat', '/target/left')
    assert.equal(status, 0, stderr)
    assert.match(stdout, /last words\n(?:.*\n)*found\n$/)
    assert.match(stderr, /dead does not run; its last exit code was 3/)
    assert.equal(await output('docker ps --all --quiet --filter label=slipway.debug'), '')
  })

  it('gives a shell on a terminal, and leaves the terminal as it was', async () => {
    const socket = join(host.world.directory, 'run/supervisor.sock')
    const script = join(host.world.directory, 'debug.sh')
    await writeFile(
      script,
      `stty rows 33 cols 77; ${process.execPath} ${program} ctl --socket ${socket} debug --image ${host.image} web; echo "status $?"; stty -a`,
    )
    const until = (pattern: string) => `until grep -aq "${pattern}" shown; do sleep 0.2; done`
    const keys = `${until('# ')}; echo 'busybox stty size; cat /target/www/index.html; exit 5'; ${until('icanon')}`
    const stdout = await output(
      `cd ${host.world.directory}; : > shown; (${keys}) | timeout 50 socat - EXEC:"sh ${script}",pty,setsid,ctty,stderr > shown; cat shown`,
    )
    assert.match(stdout, /33 77\r+\nhello from the container/)
    assert.match(stdout, /status 5/)
    assert.match(stdout, / icanon /)
  })

  it('says what is missing: the container, the image, the right to see the host', async () => {
    assert.match((await debug('nosuch')).stderr, /No such container: nosuch/)
    const without = await host.world.slipctl('debug', 'web')
    assert.match(without.stderr, /SLIPWAY_SUPERVISOR_DEBUG_NO_IMAGE/)
    const refused = await debug('--host', 'cat', '/target/etc/hostname')
    assert.match(refused.stderr, /SLIPWAY_SUPERVISOR_DEBUG_HOST_REFUSED/)
    assert.equal(refused.status, 1)
    const missing = await host.world.slipctl('debug', '--image', '127.0.0.1:5000/none:1', 'web')
    assert.match(missing.stderr, /SLIPWAY_SUPERVISOR_DEBUG_PULL_FAILED|answered 404/)
  })

  it('pulls the image of the settings, and shows the host if they allow it', async (cleanUps) => {
    const world = await World.open(cleanUps)
    const image = '127.0.0.1:5000/test/busybox:1'
    await serveBusybox(world, { debug: { host: true, image } })
    await world.startSupervisor()
    await writeFile(join(world.directory, 'of-the-host'), 'seen')
    const { stdout, stderr } = await world.slipctl(
      ...['debug', '--host', '--', 'sh', '-c'],
      `cat /target${world.directory}/of-the-host; echo; busybox readlink /proc/self/ns/net`,
    )
    const { stdout: own } = await world.run('readlink', '/proc/self/ns/net')
    assert.equal(stdout, `seen\n${own}`, stderr)
    assert.match(stderr, /Pulling 127.0.0.1:5000/)
  })
})
