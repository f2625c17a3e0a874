import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstat, mkdtemp, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { requiredProgram } from '../supervisor/images/testing/programs.ts'
import { type CpioMember, packCpio, S_IFDIR, S_IFLNK, S_IFREG } from './cpio.ts'

const cpio = requiredProgram('cpio', 'cpio')
const epochSeconds = 1_700_000_000
const members: CpioMember[] = [
  { path: 'usr/bin/tool', mode: S_IFREG | 0o755, content: Buffer.from('odd') },
  { path: 'usr', mode: S_IFDIR | 0o755, content: Buffer.alloc(0) },
  { path: 'usr/bin', mode: S_IFDIR | 0o755, content: Buffer.alloc(0) },
  { path: 'bin', mode: S_IFLNK | 0o777, content: Buffer.from('usr/bin') },
  { path: 'empty', mode: S_IFREG | 0o600, content: Buffer.alloc(0) },
  { path: 'large', mode: S_IFREG | 0o644, content: Buffer.alloc(70_001, 'x') },
]

test('cpio lists the members, folders before what is in them', () => {
  const listed = execFileSync(cpio, ['-t', '--quiet'], { input: packCpio(members, epochSeconds) })
  assert.deepEqual(listed.toString().trim().split('\n'), [
    'bin',
    'empty',
    'large',
    'usr',
    'usr/bin',
    'usr/bin/tool',
  ])
})

test('cpio unpacks content, modes, links and times as they were given', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-cpio-'))
  t.after(() => rm(directory, { recursive: true }))
  execFileSync(cpio, ['-i', '-m', '--quiet', '--no-absolute-filenames'], {
    input: packCpio(members, epochSeconds),
    cwd: directory,
  })
  assert.equal(await readFile(join(directory, 'usr/bin/tool'), 'utf8'), 'odd')
  assert.equal((await readFile(join(directory, 'large'))).length, 70_001)
  assert.equal(await readlink(join(directory, 'bin')), 'usr/bin')
  const tool = await lstat(join(directory, 'usr/bin/tool'))
  assert.equal(tool.mode & 0o7777, 0o755)
  assert.equal(tool.mtimeMs, epochSeconds * 1000)
  assert.equal((await lstat(join(directory, 'empty'))).mode & 0o7777, 0o600)
})

test('equal members give equal bytes, whatever their order', () => {
  const forwards = packCpio(members, epochSeconds)
  assert.ok(forwards.equals(packCpio(members.toReversed(), epochSeconds)))
  assert.ok(!forwards.equals(packCpio(members, epochSeconds + 1)))
})
