import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readInRoot, resolveInRoot } from './confined.ts'

describe('a path inside a root', () => {
  let root = ''
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-confined-'))
    await mkdir(join(root, 'etc'))
    await writeFile(join(root, 'etc/passwd'), 'inside\n')
    await symlink('/etc/passwd', join(root, 'absolute'))
    await symlink('../../../../etc/passwd', join(root, 'etc/upward'))
    await symlink('loop', join(root, 'loop'))
    await symlink('/etc', join(root, 'directory'))
  })
  after(() => rm(root, { recursive: true, force: true }))

  for (const path of [
    '/etc/passwd',
    'absolute',
    'etc/upward',
    '../../etc/passwd',
    '/directory/passwd',
  ])
    it(`${path} is the file of the root, never the host's`, async () => {
      assert.equal(await readInRoot(root, path), 'inside\n')
    })

  it('may not exist', async () => {
    assert.equal(await readInRoot(root, '/etc/missing'), undefined)
    assert.equal(await resolveInRoot(root, '/a/../b/c'), join(root, 'b/c'))
  })

  it('is refused when its links never end', async () => {
    await assert.rejects(readInRoot(root, 'loop'), RangeError)
  })

  it('is refused when the file is too large', async () => {
    await assert.rejects(readInRoot(root, '/etc/passwd', 3), RangeError)
  })
})
