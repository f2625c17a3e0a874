import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { entriesOf, mergeUsr } from './entry.ts'

test('paths of before the merge of /usr are folded into it, nothing else is', () => {
  assert.equal(mergeUsr('/lib/x86_64-linux-gnu/libc.so.6'), '/usr/lib/x86_64-linux-gnu/libc.so.6')
  assert.equal(mergeUsr('/sbin/fsck'), '/usr/bin/fsck')
  assert.equal(mergeUsr('/usr/sbin/fsck'), '/usr/bin/fsck')
  assert.equal(mergeUsr('/etc/lib/x'), '/etc/lib/x')
  assert.equal(mergeUsr('/library/x'), '/library/x')
})

test('files and links are listed with what they are, and links to folders are not entered', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-entries-'))
  t.after(() => rm(directory, { recursive: true }))
  await mkdir(join(directory, 'sbin'))
  await writeFile(join(directory, 'sbin/su'), 'abc')
  await chmod(join(directory, 'sbin/su'), 0o4755)
  await symlink('sbin', join(directory, 'again'))
  assert.deepEqual(await entriesOf(directory, 'login'), [
    {
      path: '/again',
      source: join(directory, 'again'),
      mode: 0o777,
      package: 'login',
      type: 'link',
      sizeBytes: 0,
      target: 'sbin',
    },
    {
      path: '/usr/bin/su',
      source: join(directory, 'sbin/su'),
      mode: 0o4755,
      package: 'login',
      type: 'file',
      sizeBytes: 3,
    },
  ])
})
