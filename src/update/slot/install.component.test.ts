import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { Content } from './content.ts'
import { contentOf } from './testing/content.ts'
import { sfdiskTable } from './testing/disk-image.ts'
import { TEST_CHECKPOINT_BYTES, TestHost } from './testing/test-host.ts'
import { ukiOf } from './testing/uki.ts'
import type { InstallProgress } from './write-slot.ts'

const MIB = 1 << 20

test('a release is in the free slot and in the ESP; what runs is as it was', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next)
  host.assertRunningUntouched()
  host.assertInstalled(host.next)
  const { data, verity } = slotUuids(host.next.rootHash)
  assert.deepEqual(
    sfdiskTable(host.disk)
      .map(({ name, uuid }) => [name, uuid])
      .slice(4, 6),
    [
      ['slipway_2', data],
      ['slipway_2', verity],
    ],
  )
})

test('the real veritysetup opens what was written', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next)
  const [data, tree] = [join(host.folder, 'data'), join(host.folder, 'tree')]
  writeFileSync(data, host.partition(5, host.next.usr.length))
  writeFileSync(tree, host.partition(6, host.next.verity.length))
  execFileSync('veritysetup', ['verify', data, tree, host.next.rootHash])
})

test('a second call finds all done and asks for no content', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next)
  const asked = new Set<string>()
  await host.install(host.next, { usr: (content) => noting(content, asked, 'usr') })
  assert.deepEqual([...asked], [])
  host.assertInstalled(host.next)
})

test('a later release takes the place of one that waits', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next)
  const later = host.makeRelease('3')
  await host.install(later)
  host.assertRunningUntouched()
  host.assertInstalled(later)
})

test('a slot that went bad after it was written is written anew', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next)
  host.flip(5, 12_345)
  await host.install(host.next)
  host.assertInstalled(host.next)
})

test('an entry that was tried, and did not stay, gets new tries', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next)
  host.renameEntry('slipway_2+3.efi', 'slipway_2+0-3.efi')
  await host.install(host.next)
  host.assertInstalled(host.next)
})

test('after a downgrade the boot loader takes what ran last', async (context) => {
  const host = new TestHost(context)
  await host.install(host.next, { isDowngrade: true })
  await host.install(host.next, { isDowngrade: true })
  assert.deepEqual(host.espFiles(), ['slipway_1+0-1.efi', 'slipway_2+3.efi'])
  assert.equal((await host.assertEveryEntryBoots()).length, 2)
})

test('who watches sees each part grow to its end, then the reading back, then the commit', async (context) => {
  const host = new TestHost(context)
  const seen: InstallProgress[] = []
  await host.install(host.next, { report: (progress) => seen.push(progress) })
  const steps = seen.map((progress) => ('part' in progress ? progress.part : progress.step))
  assert.deepEqual([...new Set(steps)], ['clear', 'usr', 'verity', 'read-back', 'commit'])
  const written = seen.flatMap((progress) =>
    'part' in progress && progress.part === 'usr' ? [progress.writtenBytes] : [],
  )
  assert.deepEqual(
    written,
    written.toSorted((a, b) => a - b),
  )
  assert.equal(written.at(-1), host.next.usr.length)
})

test('a disk that changes what was written is found by reading back; there is no new entry', async (context) => {
  const host = new TestHost(context)
  const spoiling = (content: Content): Content => ({
    ...content,
    async *read(offset) {
      host.flip(5, 2 * MIB)
      yield* content.read(offset)
    },
  })
  await assert.rejects(host.install(host.next, { verity: spoiling }), (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_READ_BACK'),
  )
  host.assertNothingNew()
  await host.install(host.next)
  host.assertInstalled(host.next)
})

test('a hash tree of other data is found; there is no new entry', async (context) => {
  const host = new TestHost(context)
  const other = host.makeRelease('3')
  await assert.rejects(host.install({ ...host.next, verity: other.verity }), (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_READ_BACK'),
  )
  host.assertNothingNew()
})

test('a slot of another root hash than the release’s is found; there is no new entry', async (context) => {
  const host = new TestHost(context)
  await assert.rejects(
    host.install({ ...host.makeRelease('3'), rootHash: host.next.rootHash }),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_READ_BACK') && /root hash is/.test(error.message),
  )
  host.assertNothingNew()
})

test('a UKI of another root hash is refused; there is no new entry', async (context) => {
  const host = new TestHost(context)
  await assert.rejects(
    host.install(host.next, { uki: () => contentOf(ukiOf('0'.repeat(64))) }),
    (error) => isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_NOT_THE_UKI'),
  )
  host.assertRunningUntouched()
  assert.deepEqual(host.espFiles(), ['slipway_1.efi'])
})

test('a download that breaks off goes on where it was', async (context) => {
  const host = new TestHost(context)
  const broken = (content: Content): Content => ({
    ...content,
    async *read(offset) {
      yield* contentOf(host.next.usr.subarray(0, 2.5 * MIB)).read(offset)
      throw new Error('the server went away')
    },
  })
  await assert.rejects(host.install(host.next, { usr: broken }), /the server went away/)
  host.assertNothingNew()
  const asked: number[] = []
  const watched = (content: Content): Content => ({
    ...content,
    read(offset) {
      asked.push(offset)
      return content.read(offset)
    },
  })
  await host.install(host.next, { usr: watched })
  assert.deepEqual(asked, [TEST_CHECKPOINT_BYTES])
  host.assertInstalled(host.next)
})

test('a signature goes to its partition, and the next release without one clears it', async (context) => {
  const host = new TestHost(context)
  const signature = Buffer.from('a signature of the root hash')
  await host.install(host.next, { signature: contentOf(signature) })
  assert.ok(host.partition(7, signature.length).equals(signature))
  assert.equal(sfdiskTable(host.disk)[6]?.name, 'slipway_2')
  await host.install(host.makeRelease('3'))
  assert.ok(host.partition(7, 4096).every((byte) => byte === 0))
  assert.equal(sfdiskTable(host.disk)[6]?.name, '_empty')
})

test('without the running release’s entry nothing is removed or written', async (context) => {
  const host = new TestHost(context)
  host.renameEntry('slipway_1.efi', 'slipway_1.bak')
  const before = readFileSync(host.disk)
  const files = host.espFiles()
  await assert.rejects(host.install(host.next), (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_ESP_RUNNING_MISSING'),
  )
  assert.ok(readFileSync(host.disk).equals(before))
  assert.deepEqual(host.espFiles(), files)
})

test('memory stays bounded while half a gigabyte is written and read back', (context) => {
  const host = new TestHost(context)
  const large = join(host.folder, 'large')
  writeFileSync(large, '')
  truncateSync(large, 560 * MIB)
  const program = join(import.meta.dirname, 'testing/large-write-program.ts')
  const output = execFileSync(process.execPath, [program, large, String(512 * MIB)], {
    encoding: 'utf8',
  })
  const { grownBytes, writtenBytes } = JSON.parse(output) as {
    grownBytes: number
    writtenBytes: number
  }
  assert.equal(writtenBytes, 512 * MIB)
  assert.ok(grownBytes < 64 * MIB, `memory grew by ${Math.round(grownBytes / MIB)} MiB`)
})

function noting(content: Content, asked: Set<string>, name: string): Content {
  return {
    ...content,
    read(offset) {
      asked.add(name)
      return content.read(offset)
    },
  }
}
