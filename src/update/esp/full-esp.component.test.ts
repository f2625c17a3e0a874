import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { readEsp } from '../slot/install.ts'
import { contentOf } from '../slot/testing/content.ts'
import { loaderOf, ukiOf } from '../slot/testing/uki.ts'
import { updateBootLoader } from './boot-loader.ts'
import { installUki } from './install-uki.ts'

assert.equal(process.getuid?.(), 0, 'these tests mount file systems: run them as root')

const [runningHash, newHash] = ['a'.repeat(64), 'c'.repeat(64)]
const running = ukiOf(runningHash)
const loader = loaderOf('250-1')
const loaderPaths = ['EFI/systemd/systemd-bootx64.efi', 'EFI/BOOT/BOOTX64.EFI']

test('a UKI that does not fit leaves nothing, and the running one as it was', async (context) => {
  const esp = smallEsp(context)
  await assert.rejects(
    installUki({
      esp: { directory: esp },
      version: '2',
      uki: contentOf(ukiOf(newHash, 3_000_000)),
      rootHash: newHash,
      runningRootHash: runningHash,
    }),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_NOT_WRITTEN') && /ENOSPC/.test(error.message),
  )
  assert.deepEqual(readdirSync(join(esp, 'EFI/Linux')), ['slipway_1.efi'])
  assert.ok(readFileSync(join(esp, 'EFI/Linux/slipway_1.efi')).equals(running))
})

test('a boot loader that does not fit leaves the old one in both places', async (context) => {
  const esp = smallEsp(context)
  await assert.rejects(
    updateBootLoader({
      esp: { directory: esp },
      loader: loaderOf('257-1', 3_000_000),
      compareVersions: (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
    }),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_NOT_WRITTEN') && /ENOSPC/.test(error.message),
  )
  for (const path of loaderPaths) {
    assert.ok(readFileSync(join(esp, path)).equals(loader))
    assert.equal(readdirSync(join(esp, path, '..')).length, 1)
  }
})

test('the room that is told is what can be written', async (context) => {
  const esp = smallEsp(context)
  const { freeBytes, clusterBytes, entries } = await readEsp({ directory: esp })
  assert.deepEqual(
    entries.map(({ file }) => file),
    ['slipway_1.efi'],
  )
  const fits = Math.floor(freeBytes / clusterBytes) * clusterBytes
  await installUki({
    esp: { directory: esp },
    version: '2',
    uki: contentOf(ukiOf(newHash, fits)),
    rootHash: newHash,
    runningRootHash: runningHash,
  })
  assert.equal((await readEsp({ directory: esp })).freeBytes, 0)
})

/** An ESP of 2 MiB with a running release and a boot loader. */
function smallEsp(context: TestContext): string {
  const esp = mkdtempSync(join(tmpdir(), 'slipway-esp-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2M', 'esp', esp])
  context.after(() => {
    execFileSync('umount', [esp])
    rmdirSync(esp)
  })
  mkdirSync(join(esp, 'EFI/Linux'), { recursive: true })
  writeFileSync(join(esp, 'EFI/Linux/slipway_1.efi'), running)
  for (const path of loaderPaths) {
    mkdirSync(join(esp, path, '..'), { recursive: true })
    writeFileSync(join(esp, path), loader)
  }
  return esp
}
