import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { World } from '../testing/world.ts'
import { overlayOptions } from './overlay.ts'

it('the root file system may have as many layers as any image', async (context) => {
  const world = await World.open(context)
  const at = (name: string) => join(world.directory, name)
  const layers = Array.from({ length: 499 }, (_, index) => at(`${'l'.repeat(64)}${index}`))
  for (const [index, layer] of layers.entries()) {
    await mkdir(layer)
    await writeFile(join(layer, 'number'), String(index))
  }
  for (const name of ['base', 'upper', 'work', 'rootfs']) await mkdir(at(name))
  const options = overlayOptions(at('base'), layers, at('upper'), at('work'))
  const mounted = await world.run('mount', '-t', 'overlay', 'overlay', '-o', options, at('rootfs'))
  assert.equal(mounted.stderr, '')
  assert.equal((await world.run('cat', at('rootfs/number'))).stdout, '498')
})
