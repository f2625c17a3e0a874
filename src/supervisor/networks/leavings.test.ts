import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Container } from '../containers/container.ts'
import { hostDirectories } from '../directories.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { Leavings } from './leavings.ts'
import { defaultBridge, type Network } from './network.ts'

const silent = { info() {}, warning() {}, error() {} }

describe('containers that leave their networks', () => {
  let runtime = ''
  beforeEach(async () => {
    runtime = await mkdtemp(join(tmpdir(), 'slipway-leavings-'))
    await mkdir(join(runtime, 'leaving'))
    await writeFile(
      join(runtime, 'leaving/one.json'),
      JSON.stringify({ ...testContainer(), id: 'one' }),
    )
  })
  afterEach(async () => await rm(runtime, { recursive: true }))

  const leavings = (disconnect: (container: Container) => Promise<void>, network?: Network) =>
    new Leavings({
      directories: { ...hostDirectories, runtime },
      log: silent,
      networks: { get: () => network },
      disconnect,
    })
  const written = async () => await readdir(join(runtime, 'leaving'))

  it('are written down until they have left, and go on after a crash', async () => {
    const during: string[][] = []
    const some = leavings(async () => void during.push(await written()))
    await some.takeOver()
    assert.deepEqual(
      some.containers.map(({ id }) => id),
      ['one'],
    )
    await some.idle()
    assert.deepEqual(during, [['one.json']])
    assert.deepEqual(await written(), [])
    assert.deepEqual(some.containers, [])
  })

  it('are tried again by the next supervisor when it fails, and hold nothing meanwhile', async () => {
    const some = leavings(async () => {
      throw new Error('no')
    })
    await some.takeOver()
    await some.idle()
    assert.deepEqual(await written(), ['one.json'])
    assert.deepEqual(some.containers, [])
  })

  it('stay a moment where nobody finds them by name and nobody waits for them', async () => {
    const left: string[] = []
    const disconnect = async ({ id }: Container) => void left.push(id)
    const named = leavings(disconnect, { ...defaultBridge, names: true })
    await named.takeOver()
    assert.deepEqual(left, ['one'])
    await named.idle()

    await writeFile(
      join(runtime, 'leaving/two.json'),
      JSON.stringify({ ...testContainer(), id: 'two' }),
    )
    const unnamed = leavings(disconnect, defaultBridge)
    await unnamed.takeOver()
    await unnamed.offNetwork('another')
    assert.ok(!left.includes('two'))
    await unnamed.offNetwork(defaultBridge.id)
    assert.ok(left.includes('two'))
  })
})
