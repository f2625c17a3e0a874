import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { postJson } from '../api/client.ts'
import { pushBusybox, serveBusybox } from '../testing/busybox-image.ts'
import { Docker } from '../testing/docker.ts'
import { eventually, World } from '../testing/world.ts'

const registry = '127.0.0.1:5000'

it('an image that is not signed runs in no container, whoever wants it, until it is signed', async (context) => {
  const world = await World.open(context)
  const docker = new Docker(world)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const [publicFile, privateFile] = ['key.pub', 'key'].map((name) => join(world.directory, name))
  if (publicFile === undefined || privateFile === undefined) throw new Error('no files')
  await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }))
  await writeFile(privateFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const rule = { for: registry, require: 'cosign', keys: [publicFile] }
  const image = await serveBusybox(world, { images: { policy: [rule] } })
  const page = await pushBusybox(world, 'page', 'signed\n')
  const refused = /is refused by the rule for 127\.0\.0\.1:5000 in images\.policy/

  await world.declare('shop.yaml', `services: { web: { image: "${image}", ports: ["8080:80"] } }`)
  await world.startSupervisor()
  await eventually('the service is said to be refused', async () => {
    return refused.test((await world.slipctl('status')).stdout)
  })
  const pulled = await docker.run(`docker pull ${page}`)
  assert.notEqual(pulled.status, 0)
  assert.match(pulled.stderr, refused)
  const socket = join(world.directory, 'run/supervisor.sock')
  const release = { version: '2', images: { page }, bootable: [] }
  await assert.rejects(postJson(socket, '/slipway/release-images', release), { message: refused })
  // Brought here by hand, under a name that the rule is for.
  const imported = await docker.run(`tar -c -C / bin/sh | docker import - ${registry}/test/own:1`)
  assert.equal(imported.status, 0, imported.stderr)
  const run = await docker.run(`docker run ${registry}/test/own:1 /bin/sh`)
  assert.equal(run.status, 125)
  assert.match(run.stderr, /no signature of it was verified when it came to this host/)

  const digest = page.replace(/^.*@/, '')
  const script = join(import.meta.dirname, 'testing/push-signature.ts')
  const signed = await world.run(
    ...([process.execPath, script, registry, 'test/busybox', digest, privateFile] as const),
  )
  assert.equal(signed.status, 0, signed.stderr)
  await world.declare('shop.yaml', `services: { web: { image: "${page}", ports: ["8080:80"] } }`)
  await eventually('the signed image runs', async () => {
    return (await world.get('http://127.0.0.1:8080/')) === 'signed\n'
  })
  const echoed = await docker.run(`docker run --rm ${page} echo works`)
  assert.equal(echoed.stdout, 'works\n', echoed.stderr)
  await postJson(socket, '/slipway/release-images', release)
})
