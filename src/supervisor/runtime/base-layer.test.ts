import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeBaseLayer } from './base-layer.ts'

test('the layer below all images has Docker’s places and modes, whoever makes it, and stays as it is', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-base-layer-'))
  const mask = process.umask(0o077)
  try {
    const layer = join(directory, 'made/base')
    await makeBaseLayer(layer)
    const paths = (await readdir(layer, { recursive: true })).sort()
    const modes = await Promise.all(
      paths.map(async (path) => {
        if (path === 'etc/mtab') return await readlink(join(layer, path))
        return ((await stat(join(layer, path))).mode & 0o7777).toString(8)
      }),
    )
    assert.deepEqual(Object.fromEntries(paths.map((path, index) => [path, modes[index]])), {
      ...{ '.dockerenv': '755', dev: '755', 'dev/console': '755', 'dev/pts': '755' },
      ...{ 'dev/shm': '755', etc: '755', 'etc/hostname': '755', 'etc/hosts': '755' },
      ...{ 'etc/mtab': '/proc/mounts', 'etc/resolv.conf': '755', proc: '755', sys: '755' },
    })
    await writeFile(join(layer, 'etc/hosts'), 'kept')
    await makeBaseLayer(layer)
    assert.equal(await readFile(join(layer, 'etc/hosts'), 'utf8'), 'kept')
  } finally {
    process.umask(mask)
    await rm(directory, { recursive: true })
  }
})
