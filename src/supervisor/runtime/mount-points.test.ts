import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeMountPoints } from './mount-points.ts'

test('mounts find what they cover, inside the root, and what is there stays', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-mount-points-'))
  try {
    const root = join(directory, 'root')
    await mkdir(join(root, 'kept'), { recursive: true, mode: 0o700 })
    await symlink('/real', join(root, 'link'))
    await symlink('../../..', join(root, 'up'))
    await writeFile(join(directory, 'source'), '')
    const bind = (target: string, source = directory) => ({ type: 'bind', source, target }) as const
    const owner = process.getuid?.() ?? 0
    await makeMountPoints(
      [
        { type: 'volume', source: 'data', target: '/a/b' },
        bind('/link/x'),
        bind('/up/file', join(directory, 'source')),
        bind('/kept'),
      ],
      root,
      owner,
    )
    assert.deepEqual((await readdir(root)).sort(), ['a', 'file', 'kept', 'link', 'real', 'up'])
    const mode = async (path: string) => ((await stat(join(root, path))).mode & 0o777).toString(8)
    assert.deepEqual(await Promise.all(['a', 'a/b', 'file', 'real/x', 'kept'].map(mode)), [
      '755',
      '755',
      '755',
      '755',
      '700',
    ])
    assert.ok((await stat(join(root, 'file'))).isFile())
    assert.deepEqual((await readdir(directory)).sort(), ['root', 'source'])
  } finally {
    await rm(directory, { recursive: true })
  }
})
