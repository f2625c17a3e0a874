import assert from 'node:assert/strict'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { pushBusybox, serveBusybox } from '../testing/busybox-image.ts'
import { eventually, World } from '../testing/world.ts'

const service = (image: string) => `
services:
  web:
    image: ${image}
    restart: always
    ports: ["8080:80"]
    deploy: { update_config: { monitor: 1s } }
`

it('a full disk takes no image of a declared service, nor the one it had before', async (context) => {
  const world = await World.open(context)
  await serveBusybox(world, { images: { collectAbove: '1%', collectDownTo: '0%' } })
  const images = {
    oldest: await pushBusybox(world, '2', 'oldest\n'),
    previous: await pushBusybox(world, '3', 'previous\n'),
    present: await pushBusybox(world, '4', 'present\n'),
  }
  const first = await world.startSupervisor()
  for (const [page, image] of Object.entries(images)) {
    await world.declare('shop.yaml', service(image))
    await eventually(`the service shows ${page}`, async () => {
      return (await world.get('http://127.0.0.1:8080/')) === `${page}\n`
    })
    await eventually(`nothing is left of what was before ${page}`, async () => {
      return (await world.slipctl('ps', '--all')).stdout.trim().split('\n').length === 2
    })
  }
  await first.kill('SIGTERM')
  const records = join(world.directory, 'state/images/images')
  const lastYear = new Date(Date.now() - 365 * 86_400_000)
  for (const name of await readdir(records)) await utimes(join(records, name), lastYear, lastYear)

  const second = await world.startSupervisor()
  await second.said(/no image is left that nobody needs/)
  const removed = [...second.words.matchAll(/removed image (\S+), last used/g)]
  assert.deepEqual(
    removed.map(([, name]) => name),
    [images.oldest],
  )
  assert.equal((await readdir(records)).length, 2)
  assert.equal(await world.get('http://127.0.0.1:8080/'), 'present\n')
})
