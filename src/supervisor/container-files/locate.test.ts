import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { HeldDirectory } from './held-directory.ts'
import { isNotFound, type LocateOptions, locate } from './locate.ts'

async function tree(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-locate-'))
  context.after(() => rm(directory, { recursive: true }))
  const root = join(directory, 'root')
  await mkdir(join(root, 'a/b'), { recursive: true })
  await mkdir(join(root, 'etc'))
  await writeFile(join(root, 'a/file'), 'text')
  await writeFile(join(directory, 'secret'), 'of the host')
  await symlink('/etc', join(root, 'to-etc'))
  await symlink('../../../../secret', join(root, 'out'))
  await symlink(directory, join(root, 'host'))
  await symlink('loop', join(root, 'loop'))
  await symlink('b/../file', join(root, 'a/winding'))
  await symlink('/a', join(root, 'a/b/up'))
  return root
}

async function found(root: string, path: string, options?: LocateOptions): Promise<string> {
  await using held = await HeldDirectory.open(root)
  await using located = await locate(held, path, options)
  const { status } = located
  return `${located.path} ${status === undefined ? 'absent' : status.isDirectory() ? 'directory' : status.isSymbolicLink() ? 'link' : 'file'}`
}

describe('a path inside a root', () => {
  it('is found with links followed on the way, and at the end if told', async (context) => {
    const root = await tree(context)
    assert.equal(await found(root, '/'), '/ directory')
    assert.equal(await found(root, '/a/./b/..//file'), '/a/file file')
    assert.equal(await found(root, '/a/b/up/b/up/file'), '/a/file file')
    assert.equal(await found(root, '/a/winding'), '/a/winding link')
    assert.equal(await found(root, '/a/winding', { follow: true }), '/a/file file')
    assert.equal(await found(root, '/to-etc'), '/to-etc link')
    assert.equal(await found(root, '/to-etc/'), '/etc directory')
    assert.equal(await found(root, '/to-etc/new'), '/etc/new absent')
  })

  it('never leads out', async (context) => {
    const root = await tree(context)
    assert.equal(await found(root, '/../../secret'), '/secret absent')
    assert.equal(await found(root, '/out', { follow: true }), '/secret absent')
    await assert.rejects(found(root, '/host/secret'), isNotFound)
  })

  it('that loops, is missing or passes through a file is not found', async (context) => {
    const root = await tree(context)
    for (const path of ['/loop/x', '/none/x', '/a/file/x', '/a/file/', '/none/'])
      await assert.rejects(found(root, path), isNotFound, path)
  })

  it('has its missing directories made if told, inside the root', async (context) => {
    const root = await tree(context)
    assert.equal(await found(root, '/to-etc/x/y/z', { createAs: 0 }), '/etc/x/y/z absent')
    assert.equal(await found(root, '/etc/x/y'), '/etc/x/y directory')
  })
})
