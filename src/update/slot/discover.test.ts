import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { diskBelow, rootHashOf } from './discover.ts'
import { deviceNumber } from './partition-table.ts'

const hash = '0123456789abcdef'.repeat(4)

test('the root hash is the last usrhash= of the command line, in lower case', () => {
  assert.equal(rootHashOf(`rw usrhash=${hash} quiet\n`), hash)
  assert.equal(rootHashOf(`usrhash=${hash.toUpperCase()}`), hash)
  assert.equal(rootHashOf(`usrhash=${'0'.repeat(64)} usrhash=${hash}`), hash)
})

test('a command line without a whole root hash is refused, and shown', () => {
  for (const line of ['rw quiet', 'usrhash=', `usrhash=${hash.slice(1)}`, `xusrhash=${hash}`])
    assert.throws(
      () => rootHashOf(`${line}\n`),
      (error) =>
        isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_NO_ROOT_HASH') && error.message.includes(line),
    )
})

test('the disk is the one that the partitions below /usr’s device are of', async (context) => {
  const sys = sysfs(context, { vda: ['vda2', 'vda3'] })
  assert.equal(await diskBelow(sys, '253:0'), 'vda')
})

const unusable: [what: string, disks: Record<string, string[]>, reason: RegExp][] = [
  ['of two disks', { vda: ['vda2'], vdb: ['vdb3'] }, /different disks: vda, vdb/],
  ['a file system without a device below', {}, /nothing below/],
]

for (const [what, disks, reason] of unusable)
  test(`/usr from ${what} is refused`, async (context) => {
    await assert.rejects(
      diskBelow(sysfs(context, disks), '253:0'),
      (error) =>
        isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_DISK_UNKNOWN') && reason.test(error.message),
    )
  })

test('/usr over a whole disk is refused', async (context) => {
  const sys = sysfs(context, { vda: ['vda2'] })
  rmSync(join(sys, 'devices/vda/vda2/partition'))
  await assert.rejects(diskBelow(sys, '253:0'), /vda2 is not a partition/)
})

test('a device number is written as sysfs has it', () => {
  assert.equal(deviceNumber(0xfd00), '253:0')
  assert.equal(deviceNumber(0x10305), '259:5')
  assert.equal(deviceNumber(0x10300 + 0x100000), '259:256')
})

/** The part of sysfs that leads from a device of the device mapper to its disks. */
function sysfs(context: TestContext, disks: Readonly<Record<string, readonly string[]>>): string {
  const sys = mkdtempSync(join(tmpdir(), 'slipway-sysfs-'))
  context.after(() => rmSync(sys, { recursive: true, force: true }))
  const slaves = join(sys, 'devices/dm-0/slaves')
  mkdirSync(slaves, { recursive: true })
  mkdirSync(join(sys, 'dev/block'), { recursive: true })
  symlinkSync(join(sys, 'devices/dm-0'), join(sys, 'dev/block/253:0'))
  for (const [disk, partitions] of Object.entries(disks))
    for (const partition of partitions) {
      const folder = join(sys, 'devices', disk, partition)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'partition'), '2\n')
      symlinkSync(folder, join(slaves, partition))
    }
  return sys
}
