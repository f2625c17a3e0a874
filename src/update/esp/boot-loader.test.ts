import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { loaderOf, peFile } from '../slot/testing/uki.ts'
import { loaderVersion, updateBootLoader } from './boot-loader.ts'

const paths = ['EFI/systemd/systemd-bootx64.efi', 'EFI/BOOT/BOOTX64.EFI']
const [old, current] = [loaderOf('257.9-1'), loaderOf('257.13-1~deb13u1')]

/** Of the test's versions only. */
const compareVersions = (a: string, b: string) => order.indexOf(a) - order.indexOf(b)
const order = ['257.9-1', '257.13-1~deb13u1', '258-1']

test('the version stands in the section .sdmagic', async () => {
  assert.equal(await loaderVersion(current), '257.13-1~deb13u1')
})

for (const [what, bytes] of [
  ['an empty file', Buffer.alloc(0)],
  ['a PE file of something else', peFile({ '.text': 'systemd-boot 257' }, 4000)],
  ['a file cut within its headers', current.subarray(0, 200)],
  ['a file cut before the section', current.subarray(0, 1020)],
] as const)
  test(`${what} has no version, and updates nothing`, async (context) => {
    assert.equal(await loaderVersion(bytes), undefined)
    const esp = makeEsp(context, old)
    await assert.rejects(update(esp, bytes), (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_NO_BOOT_LOADER'),
    )
    assert.ok(copies(esp).every((copy) => copy.equals(old)))
  })

test('an older loader is replaced in both places, and nothing else stays', async (context) => {
  const esp = makeEsp(context, old)
  assert.deepEqual(
    (await update(esp, current)).map(({ outcome, before }) => [outcome, before]),
    [
      ['replaced', '257.9-1'],
      ['replaced', '257.9-1'],
    ],
  )
  assert.ok(copies(esp).every((copy) => copy.equals(current)))
  assert.deepEqual(readdirSync(join(esp, 'EFI/BOOT')), ['BOOTX64.EFI'])
  assert.deepEqual(readdirSync(join(esp, 'EFI/systemd')), ['systemd-bootx64.efi'])
})

test('the same loader is not written again', async (context) => {
  const esp = makeEsp(context, current)
  const inodes = () => paths.map((path) => statSync(join(esp, path)).ino)
  const before = inodes()
  assert.deepEqual(
    (await update(esp, current)).map(({ outcome }) => outcome),
    ['same', 'same'],
  )
  assert.deepEqual(inodes(), before)
})

test('a newer loader stays, unless the downgrade is asked for', async (context) => {
  const esp = makeEsp(context, current)
  assert.deepEqual(
    (await update(esp, old)).map(({ outcome }) => outcome),
    ['newer', 'newer'],
  )
  assert.ok(copies(esp).every((copy) => copy.equals(current)))
  await update(esp, old, true)
  assert.ok(copies(esp).every((copy) => copy.equals(old)))
})

test('other bytes of the same version are replaced', async (context) => {
  const esp = makeEsp(context, loaderOf('258-1'))
  const rebuilt = loaderOf('258-1')
  await update(esp, rebuilt)
  assert.ok(copies(esp).every((copy) => copy.equals(rebuilt)))
})

test('a missing or damaged copy is made, whatever was left of an earlier run', async (context) => {
  const esp = makeEsp(context, current)
  rmSync(join(esp, paths[0] ?? ''))
  writeFileSync(join(esp, paths[1] ?? ''), current.subarray(0, 700))
  writeFileSync(join(esp, 'EFI/BOOT/SLIPWAY.NEW'), 'half a loader')
  assert.deepEqual(
    (await update(esp, old)).map(({ outcome, before }) => [outcome, before]),
    [
      ['replaced', undefined],
      ['replaced', undefined],
    ],
  )
  assert.ok(copies(esp).every((copy) => copy.equals(old)))
  assert.deepEqual(readdirSync(join(esp, 'EFI/BOOT')), ['BOOTX64.EFI'])
})

test('a copy that cannot be written is told by its path, and the old one stays', async (context) => {
  const esp = makeEsp(context, old)
  rmSync(join(esp, 'EFI/systemd'), { recursive: true })
  await assert.rejects(
    update(esp, current),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_NOT_WRITTEN') &&
      error.message.includes('systemd-bootx64.efi'),
  )
  assert.ok(readFileSync(join(esp, 'EFI/BOOT/BOOTX64.EFI')).equals(old))
})

function update(esp: string, loader: Buffer, allowDowngrade = false) {
  return updateBootLoader({ esp: { directory: esp }, loader, compareVersions, allowDowngrade })
}

function makeEsp(context: TestContext, loader: Buffer): string {
  const esp = mkdtempSync(join(tmpdir(), 'slipway-esp-'))
  context.after(() => rmSync(esp, { recursive: true, force: true }))
  for (const folder of ['EFI/systemd', 'EFI/BOOT'])
    mkdirSync(join(esp, folder), { recursive: true })
  for (const path of paths) writeFileSync(join(esp, path), loader)
  return esp
}

function copies(esp: string): Buffer[] {
  return paths.map((path) => readFileSync(join(esp, path)))
}
