import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { Content } from '../slot/content.ts'
import { contentOf } from '../slot/testing/content.ts'
import { peFile, ukiOf } from '../slot/testing/uki.ts'
import { listEntries, runningEntries, staleEntries } from './entries.ts'
import { installUki, withdrawUki } from './install-uki.ts'
import { markEntryBad, markEntryGood, removeEntry } from './remove-entry.ts'

const [runningHash, oldHash, newHash] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)]

test('the UKI is installed whole under its name with three tries', async (context) => {
  const esp = makeEsp(context)
  const uki = ukiOf(newHash)
  const path = await install(esp, contentOf(uki))
  assert.equal(path, join(esp, 'EFI/Linux/slipway_2+3.efi'))
  assert.ok(readFileSync(path).equals(uki))
  assert.deepEqual(files(esp), ['slipway_1.efi', 'slipway_2+3.efi'])
})

test('pieces of any size make the same file', async (context) => {
  const uki = ukiOf(newHash, 6_001)
  for (const pieceBytes of [1, 511, 512, 513, 4096, 10_000]) {
    const path = await install(makeEsp(context), contentOf(uki, pieceBytes))
    assert.ok(readFileSync(path).equals(uki), `pieces of ${pieceBytes} bytes`)
  }
})

test('an entry that is there whole is left as it is', async (context) => {
  const esp = makeEsp(context)
  const uki = ukiOf(newHash)
  await install(esp, contentOf(uki))
  const unread = {
    ...contentOf(uki),
    // biome-ignore lint/correctness/useYield: it fails before it could give anything
    async *read() {
      throw new Error('the content was asked for')
    },
  }
  await install(esp, unread)
})

test('an entry of the same name with other content is replaced', async (context) => {
  const esp = makeEsp(context)
  await install(esp, contentOf(ukiOf(newHash, 500_000)))
  const uki = ukiOf(newHash)
  assert.ok(readFileSync(await install(esp, contentOf(uki))).equals(uki))
})

const whole = ukiOf(newHash)
const damaged: [what: string, content: Content, code: string][] = [
  ['that is too short', { ...contentOf(whole), sizeBytes: whole.length + 1 }, 'SLOT_LENGTH'],
  ['that is too long', { ...contentOf(whole), sizeBytes: whole.length - 1 }, 'SLOT_LENGTH'],
  ['of other bytes', { ...contentOf(whole), sha256: '0'.repeat(64) }, 'SLOT_DIGEST'],
  ['of another slot', contentOf(ukiOf(oldHash)), 'ESP_NOT_THE_UKI'],
  ['without a command line', contentOf(peFile({ '.osrel': 'ID=x' }, 5000)), 'ESP_NOT_THE_UKI'],
  [
    'that the boot loader cannot name',
    contentOf(peFile({ '.cmdline': `usrhash=${newHash}` }, 5000)),
    'ESP_NOT_THE_UKI',
  ],
  ['that is no PE file', contentOf(Buffer.alloc(5000, 1)), 'ESP_NOT_THE_UKI'],
  ['shorter than a sector', contentOf(Buffer.from('MZ')), 'ESP_NOT_THE_UKI'],
]

for (const [what, content, code] of damaged)
  test(`of a UKI ${what} nothing stays`, async (context) => {
    const esp = makeEsp(context)
    await assert.rejects(install(esp, content), (error) =>
      isSlipwayError(error, `SLIPWAY_UPDATE_${code}`),
    )
    assert.deepEqual(files(esp), ['slipway_1.efi'])
  })

test('when the source fails, its error is told and nothing stays', async (context) => {
  const esp = makeEsp(context)
  const broken = {
    ...contentOf(whole),
    async *read() {
      yield whole.subarray(0, 100_000)
      throw new Error('the server went away')
    },
  }
  await assert.rejects(install(esp, broken), /the server went away/)
  assert.deepEqual(files(esp), ['slipway_1.efi'])
})

test('the ESP’s own device is synced too; without it nothing is committed', async (context) => {
  const esp = makeEsp(context)
  const device = join(esp, 'device')
  await assert.rejects(install(esp, contentOf(whole), device), (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_NOT_WRITTEN'),
  )
  assert.deepEqual(files(esp), ['slipway_1.efi'])
  writeFileSync(device, 'what fsync can be called on')
  await install(esp, contentOf(whole), device)
  assert.deepEqual(files(esp), ['slipway_1.efi', 'slipway_2+3.efi'])
})

test('until the UKI is whole, the boot loader finds no PE header in it', async (context) => {
  const esp = makeEsp(context)
  const path = join(esp, 'EFI/Linux/slipway_2+3.efi')
  const seen: boolean[] = []
  const watched = {
    ...contentOf(whole),
    async *read() {
      for await (const piece of contentOf(whole).read(0)) {
        yield piece
        seen.push(
          readFileSync(path)
            .subarray(0, 512)
            .every((byte) => byte === 0),
        )
      }
    },
  }
  await install(esp, watched)
  assert.ok(seen.length > 2 && seen.every((isHeaderless) => isHeaderless))
})

test('entries tell their name and the root hash that they boot', async (context) => {
  const esp = makeEsp(context)
  put(esp, 'slipway_0+0-3.efi', ukiOf(oldHash))
  put(esp, 'slipway_2+3.efi', Buffer.alloc(1000))
  put(esp, 'memtest.efi', peFile({ '.text': 'x' }, 2000))
  put(esp, 'README', Buffer.from('no UKI'))
  const entries = await listEntries({ directory: esp })
  assert.deepEqual(
    entries.map(({ file, name, rootHash }) => [file, name?.version, rootHash]),
    [
      ['memtest.efi', undefined, undefined],
      ['slipway_0+0-3.efi', '0', oldHash],
      ['slipway_1.efi', '1', runningHash],
      ['slipway_2+3.efi', '2', undefined],
    ],
  )
})

test('an ESP that is not mounted has no entries', async (context) => {
  assert.deepEqual(await listEntries({ directory: join(makeEsp(context), 'elsewhere') }), [])
})

test('stale is what is ours but does not run, and whatever boots the free slot', async (context) => {
  const esp = makeEsp(context)
  put(esp, 'slipway_1-copy.efi', ukiOf(runningHash))
  put(esp, 'slipway_0.efi', ukiOf(oldHash))
  put(esp, 'slipway_2+3.efi', Buffer.alloc(1000))
  put(esp, 'rescue.efi', ukiOf(oldHash))
  put(esp, 'other.efi', ukiOf(newHash))
  const entries = await listEntries({ directory: esp })
  const stale = staleEntries(entries, runningHash, slotUuids(oldHash).data)
  assert.deepEqual(
    stale.map(({ file }) => file),
    ['rescue.efi', 'slipway_0.efi', 'slipway_2+3.efi'],
  )
  assert.equal(runningEntries(entries, runningHash).length, 2)
})

test('the running entry cannot be removed or withdrawn', async (context) => {
  const esp = makeEsp(context)
  const [running] = await listEntries({ directory: esp })
  assert.ok(running)
  for (const remove of [
    () => removeEntry(running, runningHash),
    () => withdrawUki({ directory: esp }, '1', runningHash),
  ])
    await assert.rejects(remove(), (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_RUNNING_KEPT'),
    )
  assert.deepEqual(files(esp), ['slipway_1.efi'])
})

test('a staged release is withdrawn whatever its tries are', async (context) => {
  const esp = makeEsp(context)
  put(esp, 'slipway_2+3.efi', ukiOf(newHash))
  put(esp, 'slipway_2+1-2.efi', ukiOf(newHash))
  assert.equal(await withdrawUki({ directory: esp }, '2', runningHash), 2)
  assert.equal(await withdrawUki({ directory: esp }, '2', runningHash), 0)
  assert.deepEqual(files(esp), ['slipway_1.efi'])
})

test('an entry is marked bad by its name, once, and good again', async (context) => {
  const esp = makeEsp(context)
  const [running] = await listEntries({ directory: esp })
  assert.ok(running)
  const path = await markEntryBad(running)
  assert.deepEqual(files(esp), ['slipway_1+0-1.efi'])
  const [bad] = await listEntries({ directory: esp })
  assert.ok(bad)
  assert.equal(await markEntryBad(bad), path)
  await markEntryGood(bad)
  assert.deepEqual(files(esp), ['slipway_1.efi'])
})

function install(esp: string, uki: Content, device?: string): Promise<string> {
  return installUki({
    esp: { directory: esp, ...(device && { device }) },
    version: '2',
    uki,
    rootHash: newHash,
    runningRootHash: runningHash,
  })
}

function makeEsp(context: TestContext): string {
  const esp = mkdtempSync(join(tmpdir(), 'slipway-esp-'))
  context.after(() => rmSync(esp, { recursive: true, force: true }))
  mkdirSync(join(esp, 'EFI/Linux'), { recursive: true })
  put(esp, 'slipway_1.efi', ukiOf(runningHash))
  return esp
}

function put(esp: string, file: string, bytes: Buffer): void {
  writeFileSync(join(esp, 'EFI/Linux', file), bytes)
}

function files(esp: string): string[] {
  return readdirSync(join(esp, 'EFI/Linux')).sort()
}
