import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { changePartitions, readPartitionTable } from './partition-table.ts'
import { makeDisk, makeRelease, scratchFolder, sfdiskTable } from './testing/disk-image.ts'

const SECTOR = 512
const change = [
  { number: 5, label: 'slipway_2', uuid: '01234567-89ab-cdef-0123-456789abcdef' },
  { number: 6, label: 'slipway_2', uuid: 'fedcba98-7654-3210-fedc-ba9876543210' },
]

test('the table is read as sfdisk reads it', async (context) => {
  const disk = diskFor(context)
  const { partitions, sectorBytes } = await readPartitionTable(disk)
  assert.equal(sectorBytes, SECTOR)
  assert.deepEqual(
    partitions.map(({ label, uuid, startBytes }) => ({
      name: label,
      uuid,
      start: startBytes / SECTOR,
    })),
    sfdiskTable(disk),
  )
})

test('a change names the partitions anew, leaves the others, and sfdisk finds no fault', async (context) => {
  const disk = diskFor(context)
  const expected = sfdiskTable(disk)
  Object.assign(expected[4] ?? {}, { name: 'slipway_2', uuid: change[0]?.uuid })
  Object.assign(expected[5] ?? {}, { name: 'slipway_2', uuid: change[1]?.uuid })
  await changePartitions(disk, change)
  assert.deepEqual(sfdiskTable(disk), expected)
  assert.match(verdict(disk), /No errors detected/)
})

test('the disk gets another UUID in the same change, in both copies of the table', async (context) => {
  const disk = diskFor(context)
  const diskId = '11111111-2222-3333-4444-555555555555'
  await changePartitions(disk, change, diskId)
  assert.match(
    execFileSync('sfdisk', ['--dump', disk], { encoding: 'utf8' }),
    /^label-id: 11111111-2222-3333-4444-555555555555$/m,
  )
  assert.match(verdict(disk), /No errors detected/)
  assert.equal((await readPartitionTable(disk)).diskId, diskId)
})

test('only the table’s own sectors change', async (context) => {
  const disk = diskFor(context)
  const before = readFileSync(disk)
  await changePartitions(disk, change)
  const [own, end] = [34 * SECTOR, before.length - 33 * SECTOR]
  const after = readFileSync(disk)
  assert.ok(after.subarray(own, end).equals(before.subarray(own, end)))
  assert.ok(!after.equals(before))
})

test('whichever sectors of a change a power cut lets through, the table is the old or the new one', async (context) => {
  const disk = diskFor(context)
  const old = sfdiskTable(disk)
  const before = readFileSync(disk)
  await changePartitions(disk, change)
  const renamed = sfdiskTable(disk)
  const after = readFileSync(disk)
  const changed = changedSectors(before, after)
  const [primary, backup] = [
    changed.filter((sector) => sector < 34),
    changed.filter((sector) => sector >= 34),
  ]
  assert.ok(primary.length >= 2 && backup.length >= 2)
  // The second copy is on the disk before the first one is begun.
  const states = [...subsets(backup), ...subsets(primary).map((sectors) => [...backup, ...sectors])]
  for (const sectors of states) {
    const cut = join(scratchFolder(context), 'cut.raw')
    copyFileSync(disk, cut)
    restore(cut, before)
    writeSectors(cut, after, sectors)
    const seen = sfdiskTable(cut)
    const said = `sectors ${sectors.join(', ')}`
    assert.ok(
      [old, renamed].some((table) => isEqual(table, seen)),
      said,
    )
    const own = await readPartitionTable(cut)
    assert.deepEqual(
      own.partitions.map(({ uuid }) => uuid),
      seen.map(({ uuid }) => uuid),
      said,
    )
    await changePartitions(cut, change)
    assert.deepEqual(sfdiskTable(cut), renamed, said)
    assert.match(verdict(cut), /No errors detected/, said)
  }
})

test('a spoilt first copy is read from the second, and made whole by a change', async (context) => {
  const disk = diskFor(context)
  const expected = await readPartitionTable(disk)
  for (const sector of [1, 2]) {
    writeSectors(disk, randomBytes(3 * SECTOR), [sector])
    assert.deepEqual(await readPartitionTable(disk), expected)
    await changePartitions(disk, [])
    assert.match(verdict(disk), /No errors detected/)
  }
})

test('a spoilt second copy is made whole by a change', async (context) => {
  const disk = diskFor(context)
  const last = statSync(disk).size / SECTOR - 1
  writeSectors(disk, Buffer.alloc((last + 1) * SECTOR, 3), [last, last - 20])
  await changePartitions(disk, change)
  assert.match(verdict(disk), /No errors detected/)
})

test('a disk without a table is refused', async (context) => {
  const disk = diskFor(context)
  restore(disk, Buffer.alloc(statSync(disk).size))
  await assert.rejects(readPartitionTable(disk), (error) =>
    isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE'),
  )
})

test('a disk of 4096-byte sectors is read and changed', async (context) => {
  const folder = scratchFolder(context)
  const disk = join(folder, 'large-sectors.raw')
  execFileSync('truncate', ['--size=20M', disk])
  execFileSync('sfdisk', ['--quiet', '--sector-size=4096', disk], {
    input: 'label: gpt\nsize=4MiB, name="one"\nsize=4MiB, name="two"\n',
  })
  await changePartitions(disk, [{ number: 2, label: 'three' }])
  const { sectorBytes, partitions } = await readPartitionTable(disk)
  assert.equal(sectorBytes, 4096)
  assert.deepEqual(
    partitions.map(({ label, startBytes }) => [label, startBytes >> 20]),
    [
      ['one', 1],
      ['three', 5],
    ],
  )
  const { stdout } = { stdout: execFileSync('sfdisk', ['--sector-size=4096', '--dump', disk]) }
  assert.match(stdout.toString(), /name="three"/)
})

function diskFor(context: TestContext): string {
  const folder = scratchFolder(context)
  return makeDisk(folder, makeRelease(folder, '1', 4096))
}

function verdict(disk: string): string {
  return execFileSync('sfdisk', ['--verify', disk], { encoding: 'utf8' })
}

function changedSectors(before: Buffer, after: Buffer): number[] {
  const sectors: number[] = []
  for (let at = 0; at < before.length; at += SECTOR)
    if (!before.subarray(at, at + SECTOR).equals(after.subarray(at, at + SECTOR)))
      sectors.push(at / SECTOR)
  return sectors
}

function subsets(sectors: readonly number[]): number[][] {
  return Array.from({ length: 2 ** sectors.length }, (_, set) =>
    sectors.filter((_sector, index) => (set >> index) % 2 === 1),
  )
}

function writeSectors(disk: string, from: Buffer, sectors: readonly number[]): void {
  const file = openSync(disk, 'r+')
  for (const sector of sectors) writeSync(file, from, sector * SECTOR, SECTOR, sector * SECTOR)
  closeSync(file)
}

function restore(disk: string, from: Buffer): void {
  const last = from.length / SECTOR
  const own = Array.from({ length: 34 }, (_, sector) => sector)
  writeSectors(disk, from, [...own, ...own.slice(1).map((sector) => last - sector)])
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
