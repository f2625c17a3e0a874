// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own syntax
import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { serveBusybox } from '../testing/busybox-image.ts'
import { Docker } from '../testing/docker.ts'
import { eventually, World } from '../testing/world.ts'

it('a container has the configs, secrets and variables of its Compose file, and another one when they change', async (t) => {
  const world = await World.open(t)
  const image = await serveBusybox(world)
  const docker = new Docker(world)
  await world.declare('.env', 'MODE=first\nPIN=hush-4711\n')
  await world.declare('web.env', 'FROM_FILE=${MODE}\n')
  await world.declare('password.txt', 'hush-password\n')
  await world.declare('page.html', 'configured\n')
  await world.declare(
    'shop.yaml',
    `
services:
  web:
    image: "${image}"
    command: [sleep, "100000"]
    stop_grace_period: 100ms
    deploy: { update_config: { monitor: 100ms } }
    env_file: web.env
    user: "1000:1000"
    read_only: true
    restart: always
    configs: [{ source: page, target: /www/page.html }]
    secrets: [password, { source: pin, uid: "1000", mode: 0400 }]
configs: { page: { file: page.html } }
secrets: { password: { file: password.txt }, pin: { environment: PIN } }
`,
  )
  await world.startSupervisor()
  const inside = async (command: string) =>
    (await docker.run(`docker exec shop-web-1 busybox sh -c '${command}'`)).stdout
  await eventually('it has them', async () => {
    return (await inside('cat /www/page.html')) === 'configured\n'
  })
  assert.equal(await inside('echo $FROM_FILE'), 'first\n')
  assert.equal(
    await inside('cat /run/secrets/password /run/secrets/pin'),
    'hush-password\nhush-4711',
  )
  assert.equal(
    await inside('stat -c "%a %u" /run/secrets/pin /run/secrets/password'),
    '400 1000\n444 0\n',
  )
  const changed = await docker.run(
    'docker exec --user 0 shop-web-1 busybox sh -c "echo x > /run/secrets/password"',
  )
  assert.match(changed.stderr, /Read-only file system/)

  const containers = join(world.directory, 'state/containers')
  const [id = ''] = await readdir(containers)
  assert.equal((await stat(join(containers, id, 'files'))).mode & 0o777, 0o700)
  const shown = [
    await readFile(join(containers, id, 'container.json'), 'utf8'),
    (await docker.run('docker inspect shop-web-1')).stdout,
    (await world.slipctl('status', '--json')).stdout,
  ]
  for (const text of shown) {
    assert.match(text, /shop-web-1/)
    assert.doesNotMatch(text, /hush/)
  }

  await world.declare('password.txt', 'another\n')
  await world.declare('.env', 'MODE=second\nPIN=hush-4711\n')
  await eventually('the new container has the new ones', async () => {
    return (
      (await inside('cat /run/secrets/password')) === 'another\n' &&
      (await inside('echo $FROM_FILE')) === 'second\n'
    )
  })
  await eventually('the old one is gone with all its files', async () => {
    return (await readdir(containers)).length === 1
  })

  const next = await world.reboot()
  await next.startSupervisor()
  const rebooted = new Docker(next)
  await eventually('it has them after a reboot', async () => {
    const { stdout } = await rebooted.run(
      'docker exec shop-web-1 busybox cat /run/secrets/password',
    )
    return stdout === 'another\n'
  })
  await next.declare('shop.yaml', 'services: {}')
  await eventually('nothing is left', async () => (await readdir(containers)).length === 0)
})
