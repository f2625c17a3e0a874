import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { listImages, loadImage } from '../../image/load.ts'
import { readArguments } from '../arguments.ts'
import { openProvider, platforms } from './registry.ts'

test('the reference page has every platform, and no other', () => {
  const page = new URL('../../../docs/reference/ignition-platforms.md', import.meta.url)
  const [, table = ''] = readFileSync(page, 'utf8').split('| name | platform | the config is |')
  const named = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([a-z]+)` \|/gm)]
  assert.deepEqual(
    named.map(([, name]) => name),
    platforms,
  )
})

test('opens the provider of each platform, and of nothing else', () => {
  for (const platform of platforms) assert.ok(openProvider(platform))
  assert.throws(() => openProvider('constructor'), RangeError)
})

test('each image names a platform for its hosts, but for those that others inherit from', async () => {
  const directory = fileURLToPath(new URL('../../../images', import.meta.url))
  const images = await Promise.all(
    (await listImages({ directory })).map((name) => loadImage(name, { directory })),
  )
  const parents = new Set(images.flatMap(({ ancestors }) => ancestors))
  for (const { name, kernel } of images.filter((image) => !parents.has(image.name))) {
    const options = readArguments(['-stage=all'], () => kernel.commandLine.join(' '))
    assert.ok(typeof options === 'object' && platforms.includes(options.platform), name)
  }
})
