import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import type { ImageFile, PackageFile } from './contents.ts'
import { gatherFiles, gatherPackages, reasonOf } from './gather.ts'

// Not in a hook: where no test of this file matches, the one that removes it would not wait for it.
const directory = await mkdtemp(path.join(tmpdir(), 'slipway-gather-'))
after(() => rm(directory, { recursive: true }))

async function write(file: string, text: string, mode = 0o644) {
  const full = path.join(directory, file)
  await mkdir(path.dirname(full), { recursive: true })
  await writeFile(full, text)
  await chmod(full, mode)
}

function debian(name: string): PackageFile {
  return {
    name,
    version: '1-1',
    architecture: 'amd64',
    source: { name, version: '1-1' },
    sha256: 'ab'.repeat(32),
  }
}

function stays(name: string, type: ImageFile['type'] = 'file'): ImageFile {
  return { path: `/usr/lib/${name}`, type, mode: 0o644, sizeBytes: 1, package: name }
}

test('a tree is listed with modes, owners, origins and reasons, in order of paths', async () => {
  await write('tree/bin/mount', 'elf', 0o4755)
  await write('tree/lib/slipway/host', 'node', 0o755)
  await symlink('mount', path.join(directory, 'tree/bin/umount'))
  const files = await gatherFiles(path.join(directory, 'tree'), '/usr', {
    packageOf: (file) => (file.startsWith('/usr/bin/') ? 'mount' : undefined),
    originOf: (file) => (file.endsWith('/host') ? 'host executable' : undefined),
    executables: { mount: 'mount units call it', umount: 'never asked for a link' },
  })
  const directories = files.filter(({ type }) => type === 'directory')
  assert.deepEqual(
    directories.map((file) => file.path),
    ['/usr/bin', '/usr/lib', '/usr/lib/slipway'],
  )
  assert.deepEqual(
    files.filter(({ type }) => type !== 'directory'),
    [
      {
        path: '/usr/bin/mount',
        type: 'file',
        mode: 0o4755,
        sizeBytes: 3,
        package: 'mount',
        reason: 'mount units call it',
      },
      { path: '/usr/bin/umount', type: 'link', mode: 0o777, sizeBytes: 0, package: 'mount' },
      {
        path: '/usr/lib/slipway/host',
        type: 'file',
        mode: 0o755,
        sizeBytes: 4,
        origin: 'host executable',
      },
    ],
  )
})

test('a link to a folder is a link, and nothing behind it is listed', async () => {
  await write('outside/secret', 'x')
  await mkdir(path.join(directory, 'linked'))
  await symlink('../outside', path.join(directory, 'linked/out'))
  const files = await gatherFiles(path.join(directory, 'linked'), '/', {
    packageOf: () => undefined,
    originOf: () => undefined,
    executables: {},
  })
  assert.deepEqual(files, [{ path: '/out', type: 'link', mode: 0o777, sizeBytes: 0 }])
})

test('a tree that is not there is an error, not an empty list', async () => {
  const knowledge = { packageOf: () => undefined, originOf: () => undefined, executables: {} }
  await assert.rejects(gatherFiles(path.join(directory, 'nowhere'), '/usr', knowledge), {
    code: 'ENOENT',
  })
})

test('packages of which nothing stays are left out; a folder alone is nothing', async () => {
  await write('trees/crun/usr/share/doc/crun/copyright', 'text')
  const packages = await gatherPackages(
    [debian('crun'), debian('perl'), debian('tar')],
    path.join(directory, 'trees'),
    [stays('crun'), stays('tar', 'directory')],
  )
  assert.deepEqual(packages, [{ ...debian('crun'), copyright: 'text' }])
})

test('a package that shares the documentation of another has its copyright', async () => {
  await write('trees/gcc-14-base/usr/share/doc/gcc-14-base/copyright', 'gcc')
  await mkdir(path.join(directory, 'trees/libstdc++6/usr/share/doc'), { recursive: true })
  await symlink('gcc-14-base', path.join(directory, 'trees/libstdc++6/usr/share/doc/libstdc++6'))
  const [found] = await gatherPackages([debian('libstdc++6')], path.join(directory, 'trees'), [
    stays('libstdc++6'),
  ])
  assert.equal(found?.copyright, 'gcc')
})

for (const [title, target] of [
  ['itself', 'loop'],
  ['a package that is not there', 'absent'],
  ['what is no package name', '../../../../../..'],
] as const)
  test(`documentation that links to ${title} is no copyright`, async () => {
    const name = 'loop'
    const link = path.join(directory, `trees-${target.length}/${name}/usr/share/doc/${name}`)
    await mkdir(path.dirname(link), { recursive: true })
    await symlink(target, link)
    const packages = await gatherPackages(
      [debian(name)],
      path.join(directory, `trees-${target.length}`),
      [stays(name)],
    )
    assert.deepEqual(packages, [debian(name)])
  })

for (const [file, reason] of [
  ['/usr/bin/crun', 'by name'],
  ['/usr/lib/systemd/systemd', 'by path'],
  ['/usr/bin/systemd', undefined],
  ['/usr/bin/constructor', undefined],
] as const)
  test(`${file} stays ${reason ?? 'without a reason'}`, () => {
    const executables = { crun: 'by name', '/usr/lib/systemd/systemd': 'by path' }
    assert.equal(reasonOf(file, executables), reason)
  })
