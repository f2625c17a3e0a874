import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPrivateDirectory, ownerText, parseOwner, parseStartTicks } from './directory.ts'

test('an owner survives the way through a folder’s name', () => {
  const owner = { boot: '0123abcd', space: '4026531836', pid: 42, startTicks: '987654' }
  assert.deepEqual(parseOwner(`${ownerText(owner)}-aB3xYz`), owner)
  assert.equal(parseOwner('somebody-else'), undefined)
})

test('the start time is found behind a process name with spaces and brackets', () => {
  const fields = Array.from({ length: 30 }, (_, index) => String(index + 3))
  assert.equal(parseStartTicks(`42 (a) b) ${fields.join(' ')}`), '22')
})

test('a private folder is closed to others, and only folders of ended owners are removed', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'qemu-directory-'))
  t.after(() => rm(root, { recursive: true }))
  const mine = await openPrivateDirectory(root)
  assert.equal((await stat(mine)).mode & 0o777, 0o700)
  const owner = parseOwner(mine.slice(root.length + 1))
  assert.ok(owner)
  const gone = [
    { ...owner, boot: 'ffffffff' },
    { ...owner, startTicks: '1' },
    { ...owner, pid: 1 << 30 },
  ]
  const kept = [{ ...owner, space: '1' }]
  for (const each of [...gone, ...kept]) await mkdir(join(root, `${ownerText(each)}-aaaaaa`))
  await mkdir(join(root, 'unrelated'))
  const another = await openPrivateDirectory(root)
  assert.deepEqual(
    new Set((await readdir(root)).map((name) => join(root, name))),
    new Set([
      mine,
      another,
      join(root, 'unrelated'),
      join(root, `${owner.boot}-1-${owner.pid}-${owner.startTicks}-aaaaaa`),
    ]),
  )
})
