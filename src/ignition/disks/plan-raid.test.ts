import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Raid } from '../../ignition-schema/index.ts'
import { levelName, type Member, planRaid, type RaidPlan, readExamine } from './plan-raid.ts'

const at = ['storage', 'raid', 0]
const uuid = 'AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE'
const mdUuid = 'aaaaaaaa:bbbbcccc:ddddeeee:eeeeeeee'
const devices = ['/dev/vdb', '/dev/vdc', '/dev/vdd']
const raid: Raid = { name: 'data', level: 'raid1', devices, spares: 1 }
const empty: Member[] = devices.map((device) => ({ device }))

function plan(
  members: readonly Member[],
  rest: Partial<Parameters<typeof planRaid>[3]> = {},
  asked = raid,
): RaidPlan {
  return planRaid(asked, at, members, { made: new Set(), newUuid: () => uuid, ...rest })
}

const content = { type: 'ext4', label: '', uuid: 'u', isAmbiguous: false }
const member = (
  array: Partial<NonNullable<Member['array']>> = {},
  device = '/dev/vdb',
): Member => ({
  device,
  content: { ...content, type: 'linux_raid_member' },
  array: { uuid: '1:2:3:4', level: 'raid1', devices: 2, name: 'data', ...array },
})

test('creates an array of empty devices, spares apart, with a UUID of its own', () => {
  const { steps } = plan(empty, {}, { ...raid, options: ['--metadata=1.2'] })
  assert.deepEqual(steps, [
    {
      ...{ kind: 'create-array', at, device: '/dev/md/data', name: 'data' },
      parameters: [
        ...['--create', '/dev/md/data', '--force', '--run', '--homehost', 'any', '--uuid', mdUuid],
        ...[
          '--level',
          'raid1',
          '--raid-devices',
          '2',
          '--spare-devices',
          '1',
          '--metadata=1.2',
          ...devices,
        ],
      ],
    },
  ])
})

test('stops at members that hold something, each named', () => {
  const { findings } = plan([{ device: '/dev/vdb' }, { device: '/dev/vdc', content }, member()])
  assert.deepEqual(
    findings?.map(({ at: path }) => path.slice(3)),
    [['devices', 1].slice(0, 2), ['devices', 2]],
  )
  assert.match(
    findings?.[0]?.message ?? '',
    /\/dev\/vdc holds ext4 \(UUID u\), and a member of the array data/,
  )
})

test('takes partitions that the same config made, whatever lies in them from before', () => {
  const made = new Set(['G'])
  const { steps } = plan([{ device: '/dev/vdb1', content, partitionGuid: 'G' }], { made })
  assert.equal(steps?.[0]?.kind, 'create-array')
})

test('takes over an array with the same name, level and number of devices', () => {
  const members = devices.map((device) => member({}, device))
  const { steps } = plan(members)
  assert.deepEqual(steps, [
    { kind: 'assemble-array', at, device: '/dev/md/data', uuid: '1:2:3:4', members: devices },
  ])
  for (const other of [{ level: 'raid5' }, { devices: 3 }, { name: 'x' }])
    assert.ok(plan(devices.map((device) => member(other, device))).findings)
  assert.ok(plan([member(), member({ uuid: '9:9:9:9' })]).findings)
})

test('after a power loss a finished array is assembled, an unfinished one created again', () => {
  const ours = devices.map((device) => member({ uuid: mdUuid }, device))
  const kinds = (isDone: boolean, members: readonly Member[]) =>
    plan(members, { earlier: { uuid, isDone } }, { ...raid, level: 'raid5' }).steps?.map(
      ({ kind }) => kind,
    )
  assert.deepEqual(kinds(true, ours), ['assemble-array'])
  assert.deepEqual(kinds(false, ours), ['create-array'])
  assert.deepEqual(kinds(false, [...ours.slice(0, 1), ...empty.slice(1)]), ['create-array'])
})

test('knows levels by all their names', () => {
  assert.deepEqual(['0', 'stripe', 'mirror', '1', 'raid10', '6', 'linear'].map(levelName), [
    ...['raid0', 'raid0', 'raid1', 'raid1', 'raid10', 'raid6', 'linear'],
  ])
})

test('reads what mdadm tells of a member', () => {
  const output =
    'MD_LEVEL=raid1\nMD_DEVICES=2\nMD_NAME=any:data\nMD_UUID=1:2:3:4\nMD_METADATA=1.2\n'
  assert.deepEqual(readExamine(output), {
    uuid: '1:2:3:4',
    level: 'raid1',
    devices: 2,
    name: 'data',
  })
  assert.equal(readExamine(''), undefined)
})
