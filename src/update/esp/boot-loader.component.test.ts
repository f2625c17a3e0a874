import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { scratchFolder } from '../slot/testing/disk-image.ts'
import { loaderOf } from '../slot/testing/uki.ts'
import { loaderVersion, updateBootLoader } from './boot-loader.ts'

const debianLoader = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi'
const paths = ['EFI/systemd/systemd-bootx64.efi', 'EFI/BOOT/BOOTX64.EFI']

test('the version of Debian’s systemd-boot is read', async () => {
  assert.match((await loaderVersion(readFileSync(debianLoader))) ?? '', /^257\.\d+-\d+/)
})

test('Debian’s systemd-boot replaces an older one', async (context) => {
  const loader = readFileSync(debianLoader)
  const esp = makeEsp(context, loaderOf('250-1'))
  const copies = await updateBootLoader({
    esp: { directory: esp },
    loader,
    compareVersions: (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
  })
  assert.deepEqual(
    copies.map(({ outcome, before }) => [outcome, before]),
    paths.map(() => ['replaced', '250-1']),
  )
  for (const path of paths) assert.ok(readFileSync(join(esp, path)).equals(loader))
})

test('after SIGKILL at any call each copy is the old or the new one, and a new run completes', async (context) => {
  const [old, current] = [loaderOf('250-1'), loaderOf('257-1')]
  const whole = makeEsp(context, old)
  const calls = updateUntilCall(context, whole, current, Number.POSITIVE_INFINITY)
  assert.ok(calls !== undefined && calls > 12, `only ${calls} calls were seen`)
  let mixed = 0
  for (let call = 1; call <= calls; call++) {
    const esp = makeEsp(context, old)
    assert.equal(updateUntilCall(context, esp, current, call), undefined)
    const states = paths.map((path) => stateOf(readFileSync(join(esp, path)), old, current))
    assert.ok(!states.includes('damaged'), `after a kill at call ${call}: ${states.join(', ')}`)
    if (new Set(states).size === 2) mixed++
    updateUntilCall(context, esp, current, Number.POSITIVE_INFINITY)
    for (const path of paths) {
      assert.ok(readFileSync(join(esp, path)).equals(current), `after a kill at call ${call}`)
      assert.equal(readdirSync(join(esp, path, '..')).length, 1, `after a kill at call ${call}`)
    }
  }
  assert.ok(mixed > 0, 'no kill came between the two copies')
})

function makeEsp(context: TestContext, loader: Buffer): string {
  const esp = scratchFolder(context)
  for (const path of paths) {
    mkdirSync(join(esp, path, '..'), { recursive: true })
    writeFileSync(join(esp, path), loader)
  }
  return esp
}

/** Gives the number of calls that change the disk, or undefined when it was killed at the n-th. */
function updateUntilCall(
  context: TestContext,
  esp: string,
  loader: Buffer,
  call: number,
): number | undefined {
  const file = join(scratchFolder(context), 'loader')
  writeFileSync(file, loader)
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      join(import.meta.dirname, '../slot/testing/kill-at-call.ts'),
      join(import.meta.dirname, 'testing/update-loader-program.ts'),
      esp,
      file,
    ],
    { env: { ...process.env, KILL_AT_CALL: String(call) }, encoding: 'utf8' },
  )
  if (signal === 'SIGKILL') return undefined
  assert.equal(status, 0, stderr)
  return Number(stdout)
}

function stateOf(copy: Buffer, old: Buffer, current: Buffer): 'old' | 'new' | 'damaged' {
  if (copy.equals(old)) return 'old'
  return copy.equals(current) ? 'new' : 'damaged'
}
