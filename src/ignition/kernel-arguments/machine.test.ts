import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { thisMachine } from './machine.ts'

const secureBoot = 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'

function machine(context: TestContext, variables: Record<string, Buffer>, commandLine: string) {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-efi-'))
  const before = process.env.IGNITION_KERNEL_CMDLINE_PATH
  context.after(() => {
    rmSync(directory, { recursive: true })
    if (before === undefined) delete process.env.IGNITION_KERNEL_CMDLINE_PATH
    else process.env.IGNITION_KERNEL_CMDLINE_PATH = before
  })
  for (const [name, content] of Object.entries(variables))
    writeFileSync(join(directory, name), Buffer.concat([Buffer.from([6, 0, 0, 0]), content]))
  process.env.IGNITION_KERNEL_CMDLINE_PATH = join(directory, 'cmdline')
  writeFileSync(join(directory, 'cmdline'), `${commandLine}\n`)
  return thisMachine(directory)
}

test('Secure Boot is on when its variable is 1', (context) => {
  assert.equal(machine(context, {}, '').isSecureBootOn(), false)
  assert.equal(machine(context, { [secureBoot]: Buffer.of(0) }, '').isSecureBootOn(), false)
  assert.equal(machine(context, { [secureBoot]: Buffer.of(1) }, '').isSecureBootOn(), true)
})

test('a machine without a boot loader of ours has no ESP to write to', async (context) => {
  const use = () => assert.fail('something was mounted')
  await assert.rejects(
    machine(context, {}, 'rw usrhash=0').withEsp(use),
    /was not started by systemd-boot on UEFI firmware/,
  )
  await assert.rejects(
    machine(context, {}, 'rw').withEsp(use),
    /was not started from an image of ours/,
  )
})
