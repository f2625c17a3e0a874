import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { containerPaths } from '../directories.ts'
import { makeBaseLayer } from '../runtime/base-layer.ts'
import { mountRootfs, unmount } from '../runtime/overlay.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { changesOf } from './changes.ts'

test('changes are what overlayfs has in the upper directory, compared with the layers', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-changes-'))
  const [bottom, top] = [join(directory, 'bottom'), join(directory, 'top')]
  for (const path of ['kept', 'gone', 'again/deep', 'moded'])
    await mkdir(join(bottom, path), { recursive: true })
  for (const path of ['again/a', 'again/b', 'again/deep/c', 'file', 'kept/file'])
    await writeFile(join(bottom, path), 'x')
  await mkdir(join(top, 'kept'), { recursive: true })
  const directories = {
    compose: '',
    settingsFile: '',
    releaseImagesFile: '',
    state: directory,
    runtime: directory,
    cgroup: '',
  }
  const plain = testContainer()
  const container = { ...plain, image: { ...plain.image, layers: [bottom, top] } }
  const paths = containerPaths(directories, container.id)
  await makeBaseLayer(paths.baseLayer)
  await mountRootfs(container, directories)
  context.after(async () => {
    await unmount(paths.rootfs)
    await rm(directory, { recursive: true })
  })
  const root = paths.rootfs
  assert.deepEqual(await changesOf(paths.upper, [bottom, top]), [])
  await rmdir(join(root, 'gone'))
  await rm(join(root, 'again'), { recursive: true })
  await mkdir(join(root, 'again'))
  await writeFile(join(root, 'again/a'), 'y')
  await mkdir(join(root, 'again/new'))
  await chmod(join(root, 'moded'), 0o700)
  await writeFile(join(root, 'kept/file'), 'y')
  await mkdir(join(root, 'new/below'), { recursive: true })
  await symlink('/etc', join(root, 'link'))
  const changes = await changesOf(paths.upper, [bottom, top])
  assert.deepEqual(
    changes.map(({ path, kind }) => `${'CAD'[kind]} ${path}`),
    [
      'C /again',
      'C /again/a',
      'D /again/b',
      'D /again/deep',
      'A /again/new',
      'D /gone',
      'A /link',
      'C /kept/file',
      'C /moded',
      'A /new',
      'A /new/below',
    ].sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1)),
  )
})
