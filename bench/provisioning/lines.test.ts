import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { provisionedBy } from './lines.ts'

const config = { name: 'one', title: 'one file', config: {}, proof: 'test -e "$root/etc/one"' }

test('prints the microseconds of a provisioning that did what the config asks for', (t) => {
  const work = workFolder(t)
  const script = provisionedBy('touch $root/etc/one', config)
  const printed = execFileSync('bash', ['-c', script, '-', work], { encoding: 'utf8' })
  assert.match(printed, /^\d+\n$/)
})

test('fails without the proof that the config was carried out, and with what a program said last', (t) => {
  const work = workFolder(t)
  assert.notEqual(spawnSync('bash', ['-c', provisionedBy('true', config), '-', work]).status, 0)
  const script = provisionedBy('echo no disk && false &&\ntouch $root/etc/one', config)
  const { status, stderr } = spawnSync('bash', ['-c', script, '-', work], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, 'no disk\n'])
})

function workFolder(t: TestContext): string {
  const work = mkdtempSync(join(tmpdir(), 'slipway-provisioning-'))
  t.after(() => rmSync(work, { recursive: true }))
  mkdirSync(join(work, 'host/etc'), { recursive: true })
  writeFileSync(join(work, 'host/etc/passwd'), '')
  return work
}
