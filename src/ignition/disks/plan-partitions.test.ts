import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Partition as Asked, Disk } from '../../ignition-schema/index.ts'
import { type PartitionPlan, planPartitions } from './plan-partitions.ts'
import type { DiskState, Partition, PartitionTable } from './state.ts'

const guids = (letter: string) => `${letter.repeat(8)}-0000-4000-8000-000000000000`
const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'
const at = ['storage', 'disks', 0]

function partition(
  number: number,
  startMiB: number,
  sizeMiB: number,
  sectorBytes = 512,
): Partition {
  const sectorsPerMiB = (1024 * 1024) / sectorBytes
  return {
    number,
    start: startMiB * sectorsPerMiB,
    size: sizeMiB * sectorsPerMiB,
    label: `p${number}`,
    guid: guids(String(number)),
    typeGuid: linux,
    attributes: '',
  }
}

function table(...partitions: Partition[]): PartitionTable {
  const id = guids('9')
  return { type: 'gpt', id, firstUsable: 34, lastUsable: 409_566, entries: 128, partitions }
}

function disk(state: Partial<DiskState> = {}): DiskState {
  const device = '/dev/vdb'
  return { device, sectorBytes: 512, sectors: 409_600, usedPartitions: new Map(), ...state }
}

function plan(partitions: Asked[], state: DiskState, rest: Partial<Disk> = {}): PartitionPlan {
  let made = 0
  const newGuid = () => guids('abcdef'.charAt(made++))
  return planPartitions({ device: '/dev/vdb', partitions, ...rest }, at, state, newGuid)
}

test('names the partitions that are as the config has them, and those that were not there', () => {
  const there = disk({ table: table(partition(1, 1, 50), partition(2, 51, 50)) })
  const { kept } = plan(
    [
      { number: 1, label: 'p1' },
      { number: 2, sizeMiB: 60, resize: true },
      { number: 4, shouldExist: false },
      { number: 0, label: 'p9' },
    ],
    there,
  )
  assert.deepEqual(
    kept?.map(({ asked, reason }) => [asked.number, reason]),
    [
      [1, 'it is there, and all that is given of it matches'],
      [4, 'it was not there'],
    ],
  )
})

/** What a plan does, in short: `+2 -1 ~3`, nothing, or why not. */
function summary(planned: PartitionPlan): string {
  if (planned.findings !== undefined)
    return planned.findings
      .map(({ at: path, message }) => `${path.slice(3).join('.')}: ${message}`)
      .join('\n')
  return planned.steps
    .map((step) => {
      if (step.kind !== 'write-table') return step.kind
      const { deleted, updated, added } = step
      return [deleted.map((n) => `-${n}`), updated.map((n) => `~${n}`), added.map((n) => `+${n}`)]
        .flat()
        .join(' ')
    })
    .join(' ')
}

const present = disk({ table: table(partition(1, 1, 10)) })
const absent = disk({ table: table() })
const fits = { number: 1, label: 'p1', startMiB: 1, sizeMiB: 10 }
const differs = { number: 1, label: 'other', startMiB: 1, sizeMiB: 10 }

const eight: [what: string, DiskState, Asked, expected: string | RegExp][] = [
  ['absent, not wanted, not wiped: nothing', absent, { number: 1, shouldExist: false }, ''],
  [
    'absent, not wanted, wiped: nothing',
    absent,
    { number: 1, shouldExist: false, wipePartitionEntry: true },
    '',
  ],
  ['absent, wanted, not wiped: made', absent, fits, '+1'],
  ['absent, wanted, wiped: made', absent, { ...fits, wipePartitionEntry: true }, '+1'],
  [
    'present, not wanted, not wiped: refused',
    present,
    { number: 1, shouldExist: false },
    /^partitions\.0\.shouldExist: \/dev\/vdb has partition 1 "p1", which should not exist, and wipePartitionEntry is not true$/,
  ],
  [
    'present, not wanted, wiped: deleted',
    present,
    { number: 1, shouldExist: false, wipePartitionEntry: true },
    '-1',
  ],
  ['present, wanted, not wiped, matching: kept', present, fits, ''],
  [
    'present, wanted, not wiped, not matching: refused',
    present,
    differs,
    /^partitions\.0\.label: partition 1 of \/dev\/vdb has label "p1", and "other" is asked for without wipePartitionEntry$/,
  ],
  ['present, wanted, wiped, matching: kept', present, { ...fits, wipePartitionEntry: true }, ''],
  [
    'present, wanted, wiped, not matching: made anew',
    present,
    { ...differs, wipePartitionEntry: true },
    '~1',
  ],
]
for (const [what, state, asked, expected] of eight)
  test(`a partition that is ${what}`, () => {
    const found = summary(plan([asked], state))
    if (typeof expected === 'string') assert.equal(found, expected)
    else assert.match(found, expected)
  })

const mismatches: [field: string, Asked][] = [
  ['startMiB', { ...fits, startMiB: 2 }],
  ['sizeMiB', { ...fits, sizeMiB: 11 }],
  ['guid', { ...fits, guid: guids('7') }],
  ['typeGuid', { ...fits, typeGuid: guids('7') }],
  ['label', { ...fits, label: 'x' }],
]
for (const [field, asked] of mismatches)
  test(`a different ${field} alone is a mismatch, named by its field`, () => {
    assert.match(summary(plan([asked], present)), new RegExp(`^partitions\\.0\\.${field}: `))
  })

test('GUIDs match in either case, and empty ones always', () => {
  const lower = { ...fits, guid: guids('1').toLowerCase(), typeGuid: linux.toLowerCase() }
  assert.equal(summary(plan([lower], present)), '')
  assert.equal(summary(plan([{ ...fits, guid: '', typeGuid: '' }], present)), '')
})

test('unset start and size are those of an existing partition', () => {
  assert.equal(summary(plan([{ number: 1 }], present)), '')
  assert.equal(summary(plan([{ number: 1, startMiB: 1 }], present)), '')
  assert.equal(summary(plan([{ number: 1, sizeMiB: 10 }], present)), '')
})

test('unset start and size are not compared, and are the largest block of a partition made anew', () => {
  const state = disk({ table: table(partition(1, 1, 10), partition(2, 20, 10)) })
  assert.equal(summary(plan([{ number: 1, label: 'p1', wipePartitionEntry: true }], state)), '')
  const planned = plan([{ number: 1, label: 'x', wipePartitionEntry: true }], state)
  assert.equal(summary(planned), '~1')
  assert.deepEqual(placesOf(planned)[0], [1, 30 * 2048, 409_566 - 30 * 2048 + 1])
})

test('what is made goes beside what turned out to stay', () => {
  const state = disk({ table: table(partition(1, 100, 50)) })
  const kept = { number: 1, sizeMiB: 50, wipePartitionEntry: true }
  const planned = plan([kept, { number: 2, sizeMiB: 30 }], state)
  assert.equal(summary(planned), '+2')
  assert.deepEqual(placesOf(planned)[1], [2, 2048, 30 * 2048])
  assert.match(summary(plan([kept, { number: 2, startMiB: 90, sizeMiB: 30 }], state)), /no room/)
})

test('a resize keeps start, label, GUIDs and attributes', () => {
  const there = { ...partition(1, 1, 10), attributes: 'LegacyBIOSBootable' }
  const planned = plan([{ number: 1, sizeMiB: 0, resize: true }], disk({ table: table(there) }))
  assert.equal(summary(planned), '~1')
  assert.deepEqual(planned.table?.partitions, [{ ...there, size: 407_519 }])
  assert.deepEqual(planned.made, [])
})

test('a resize does not excuse another mismatch', () => {
  const planned = plan([{ number: 1, label: 'x', sizeMiB: 20, resize: true }], present)
  assert.match(summary(planned), /label/)
})

test('partitions without a number come last and take the lowest free ones', () => {
  const state = disk({ table: table(partition(2, 1, 10)) })
  const planned = plan(
    [
      { label: 'a', sizeMiB: 10 },
      { label: 'b', number: 1, sizeMiB: 10 },
      { label: 'c', number: 0, sizeMiB: 10 },
    ],
    state,
  )
  assert.equal(summary(planned), '+1 +3 +4')
  assert.deepEqual(
    planned.table?.partitions.map(({ number, label }) => `${number}${label}`),
    ['1b', '2p2', '3a', '4c'],
  )
})

test('several partitions fill a disk of 512 and of 4096 bytes per sector alike', () => {
  for (const sectorBytes of [512, 4096]) {
    const perMiB = (1024 * 1024) / sectorBytes
    const state = disk({ sectorBytes, sectors: 200 * perMiB })
    const planned = plan(
      [{ number: 1, sizeMiB: 50 }, { number: 2, sizeMiB: 20, startMiB: 100 }, { number: 3 }],
      state,
    )
    const reserved = 2 + (128 * 128) / sectorBytes
    assert.equal(planned.table?.firstUsable, reserved)
    assert.deepEqual(placesOf(planned), [
      [1, perMiB, 50 * perMiB],
      [2, 100 * perMiB, 20 * perMiB],
      // Behind the second, where more is left than before it.
      [3, 120 * perMiB, 80 * perMiB - reserved + 1],
    ])
  }
})

test('a partition in the way of another of the config is no obstacle when both are remade', () => {
  const state = disk({ table: table(partition(1, 1, 100)) })
  const both = [
    { number: 1, sizeMiB: 50, startMiB: 1, wipePartitionEntry: true },
    { number: 2, sizeMiB: 50, startMiB: 51 },
  ]
  assert.equal(summary(plan(both, state)), '~1 +2')
})

test('no room is told with what is there', () => {
  const state = disk({ table: table(partition(1, 1, 190)) })
  const said = summary(plan([{ number: 2, sizeMiB: 100 }], state))
  assert.match(
    said,
    /no room for this partition: 100 MiB; it has 200 MiB and partitions 1 from 1 MiB to 191 MiB/,
  )
})

test('numbers beyond the table are refused', () => {
  assert.match(summary(plan([{ number: 129 }], absent)), /room for 128 partitions/)
})

const occupied: [what: string, DiskState, RegExp][] = [
  [
    'a file system',
    disk({ content: { type: 'ext4', label: 'd', uuid: 'u', isAmbiguous: false } }),
    /^device: .*holds ext4 \(label "d", UUID u\).*without wipeTable/,
  ],
  [
    'another table',
    disk({ table: { ...table(), type: 'dos' } }),
    /^device: .*holds a dos partition table/,
  ],
  [
    'what is left of a GPT',
    disk({ table: { ...table({ ...partition(1, 0, 1), typeGuid: 'EE' }), type: 'dos' } }),
    /^device: .*holds a damaged GPT/,
  ],
]
for (const [what, state, expected] of occupied)
  test(`${what} on the disk stops partitions, unless wipeTable gives it up`, () => {
    assert.match(summary(plan([fits], state)), expected)
    const wiping = plan([fits], state, { wipeTable: true })
    assert.equal(summary(wiping), 'wipe-signatures +1')
    assert.deepEqual(wiping.made, [guids('B')])
  })

test('wipeTable without partitions leaves no table', () => {
  const planned = plan([], present, { wipeTable: true })
  assert.equal(summary(planned), 'wipe-signatures')
  assert.equal(planned.table, undefined)
})

test('a disk without partitions in the config is left as it is', () => {
  assert.equal(summary(plan([], disk({ table: { ...table(), type: 'dos' } }))), '')
})

test('what is in use is not touched', () => {
  const mounted = new Map([[1, '/srv']])
  assert.match(
    summary(plan([fits], disk({ usedBy: '/dev/mapper/x' }))),
    /^device: \/dev\/vdb is in use by \/dev\/mapper\/x/,
  )
  const state = disk({ table: table(partition(1, 1, 10)), usedPartitions: mounted })
  assert.match(summary(plan([], state, { wipeTable: true })), /^wipeTable: .*\(1 by \/srv\)/)
  assert.match(summary(plan([{ ...differs, wipePartitionEntry: true }], state)), /in use by \/srv/)
  assert.match(
    summary(plan([{ number: 1, shouldExist: false, wipePartitionEntry: true }], state)),
    /in use/,
  )
  assert.equal(summary(plan([fits, { number: 2, sizeMiB: 5 }], state)), '+2')
})

test('a freed number may be taken at once', () => {
  const state = disk({ table: table(partition(1, 1, 10)) })
  const planned = plan(
    [
      { number: 1, shouldExist: false, wipePartitionEntry: true },
      { label: 'new', sizeMiB: 20, wipePartitionEntry: true },
    ],
    state,
  )
  assert.equal(summary(planned), '~1')
})

test('every mistake is told at once', () => {
  const state = disk({ table: table(partition(1, 1, 10), partition(2, 11, 10)) })
  const said = summary(plan([differs, { number: 2, shouldExist: false }], state))
  assert.deepEqual(
    said.split('\n').map((line) => line.split(':')[0]),
    ['partitions.0.label', 'partitions.1.shouldExist'],
  )
})

function placesOf({ table: planned }: PartitionPlan): number[][] {
  return (planned?.partitions ?? []).map(({ number, start, size }) => [number, start, size])
}
