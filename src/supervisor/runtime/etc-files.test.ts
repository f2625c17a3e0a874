import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { refreshResolvConf } from './etc-files.ts'

test('a running container learns of name servers that the host got later, in the file it has mounted', async (t) => {
  const etc = await mkdtemp(join(tmpdir(), 'etc-files-'))
  t.after(() => rm(etc, { recursive: true, force: true }))
  const file = join(etc, 'resolv.conf')
  await writeFile(file, '')
  const { ino } = await stat(file)

  assert.equal(
    await refreshResolvConf({ etc }, 'nameserver 10.0.2.3\nnameserver 127.0.0.53\n'),
    true,
  )
  assert.equal(await readFile(file, 'utf8'), 'nameserver 10.0.2.3\n')
  assert.equal((await stat(file)).ino, ino)

  assert.equal(await refreshResolvConf({ etc }, 'nameserver 10.0.2.3\n'), false)
  assert.equal(await refreshResolvConf({ etc }, '# no network for a moment\n'), false)
  assert.equal(await readFile(file, 'utf8'), 'nameserver 10.0.2.3\n')
})
