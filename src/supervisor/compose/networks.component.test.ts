import assert from 'node:assert/strict'
import { it } from 'node:test'
import { serveBusybox } from '../testing/busybox-image.ts'
import { Docker } from '../testing/docker.ts'
import { eventually, World } from '../testing/world.ts'

it('services of a Compose file find each other by name, on networks that come and go with the file', async (t) => {
  const world = await World.open(t)
  const image = await serveBusybox(world)
  const docker = new Docker(world)
  const file = (networks: string) => `
services:
  web: { image: "${image}", stop_grace_period: 100ms, restart: always, networks: [front] }
  client: { image: "${image}", command: [sleep, "100000"], stop_grace_period: 100ms, restart: always, networks: [front, back] }
  alone: { image: "${image}", command: [sleep, "100000"], stop_grace_period: 100ms, mac_address: "02:42:00:00:00:09" }
networks: ${networks}
`
  await world.declare('shop.yaml', file('{ front: , back: { internal: true } }'))
  await world.startSupervisor()
  const answers = async (from: string) =>
    (await docker.run(`docker exec shop-${from}-1 busybox wget -q -T 2 -O - http://web/`)).stdout
  const names = async () =>
    (await docker.run('docker network ls --filter type=custom --format "{{.Name}}"')).stdout
      .split('\n')
      .filter(Boolean)
      .sort()
  await eventually('they reach each other', async () => {
    return (await answers('client')) === 'hello from the container\n'
  })
  await eventually('all are there', async () => {
    const { stdout } = await docker.run('docker ps --quiet')
    return stdout.trim().split('\n').length === 3
  })
  assert.deepEqual(await names(), ['shop_back', 'shop_default', 'shop_front'])
  assert.equal(await answers('alone'), '')
  const { stdout } = await docker.run('docker exec shop-alone-1 cat /sys/class/net/eth0/address')
  assert.equal(stdout, '02:42:00:00:00:09\n')
  const inUse = await docker.run('docker network rm shop_front')
  assert.match(inUse.stderr, /has active endpoints/)

  // Both of its services have to leave it before it can be another.
  await world.declare(
    'shop.yaml',
    file('{ front: { ipam: { config: [{ subnet: 10.44.0.0/24 }] } }, back: }'),
  )
  await eventually('they are on the other network', async () => {
    const { stdout } = await docker.run('docker network inspect --format "{{json .}}" shop_front')
    return /10\.44\.0\.0/.test(stdout) && (await answers('client')) === 'hello from the container\n'
  })

  const next = await world.reboot()
  const rebooted = new Docker(next)
  await next.startSupervisor()
  await eventually('they reach each other after a reboot', async () => {
    const { stdout } = await rebooted.run(
      'docker exec shop-client-1 busybox wget -q -T 2 -O - http://web/',
    )
    return stdout === 'hello from the container\n'
  })

  await next.declare('shop.yaml', 'services: {}')
  await eventually('the networks are gone', async () => {
    const { stdout } = await rebooted.run('docker network ls --quiet --filter type=custom')
    return stdout === ''
  })
})
