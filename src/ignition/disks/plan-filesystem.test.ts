import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Filesystem } from '../../ignition-schema/index.ts'
import { type FilesystemPlan, planFilesystem } from './plan-filesystem.ts'
import type { Content } from './state.ts'

const at = ['storage', 'filesystems', 0]
const device = '/dev/vdb1'
const found = (type: string, rest: Partial<Content> = {}): Content => ({
  ...{ type, label: '', uuid: '3e6be9de-8139-11e6-b8e1-e7d3a3b5b2a5', isAmbiguous: false },
  ...rest,
})

function summary(plan: FilesystemPlan): string {
  if (plan.finding !== undefined) return `${plan.finding.at.at(-1)}: ${plan.finding.message}`
  return plan.steps.map(({ kind }) => kind).join(' ')
}

const made = 'wipe-signatures make-filesystem'
const cases: [
  what: string,
  Omit<Filesystem, 'device'>,
  Content | undefined,
  expected: string | RegExp,
][] = [
  ['nothing there: made', { format: 'ext4' }, undefined, made],
  ['the same format: kept', { format: 'ext4' }, found('ext4'), ''],
  ['the same format and wipe: made', { format: 'ext4', wipeFilesystem: true }, found('ext4'), made],
  ['the same label: kept', { format: 'xfs', label: 'd' }, found('xfs', { label: 'd' }), ''],
  [
    'another label: refused',
    { format: 'xfs', label: 'd' },
    found('xfs', { label: 'e' }),
    /^label: \/dev\/vdb1 holds xfs \(label "e", UUID .*\), and xfs, label "d" is asked for without wipeFilesystem$/,
  ],
  [
    'an empty label that is asked for: refused',
    { format: 'xfs', label: '' },
    found('xfs', { label: 'e' }),
    /^label: /,
  ],
  [
    'the same UUID in capitals: kept',
    { format: 'ext4', uuid: found('').uuid.toUpperCase() },
    found('ext4'),
    '',
  ],
  ['another UUID: refused', { format: 'ext4', uuid: 'x' }, found('ext4'), /^uuid: /],
  [
    'a FAT volume id without its dash: kept',
    { format: 'vfat', uuid: 'a1b2c3d4' },
    found('vfat', { uuid: 'A1B2-C3D4' }),
    '',
  ],
  ['another format: refused', { format: 'ext4' }, found('btrfs'), /^format: .*holds btrfs/],
  ['another format and wipe: made', { format: 'ext4', wipeFilesystem: true }, found('btrfs'), made],
  [
    'several signatures: refused',
    { format: 'ext4' },
    found('ext4', { isAmbiguous: true }),
    /^format: /,
  ],
  [
    'a partition table: refused',
    { format: 'ext4' },
    found('gpt partition table', { uuid: '' }),
    /holds gpt partition table,/,
  ],
  ['none on nothing: nothing', { format: 'none' }, undefined, ''],
  ['none on something: refused', { format: 'none' }, found('ext4'), /^format: /],
  [
    'none on something and wipe: wiped',
    { format: 'none', wipeFilesystem: true },
    found('ext4'),
    'wipe-signatures',
  ],
  [
    'none on nothing and wipe: wiped',
    { format: 'none', wipeFilesystem: true },
    undefined,
    'wipe-signatures',
  ],
  ['no format: nothing', {}, found('ext4'), ''],
]
for (const [what, filesystem, content, expected] of cases)
  test(`a file system where there is ${what}`, () => {
    const said = summary(planFilesystem({ device, ...filesystem }, at, content))
    if (typeof expected === 'string') assert.equal(said, expected)
    else assert.match(said, expected)
  })

const commands: [Omit<Filesystem, 'device'>, string][] = [
  [
    { format: 'ext4', uuid: 'U', label: 'L', options: ['-b', '1024'] },
    'mkfs.ext4 -b 1024 -F -U u -L L /dev/vdb1',
  ],
  [{ format: 'xfs', uuid: 'U', label: 'L' }, 'mkfs.xfs -f -m uuid=u -L L /dev/vdb1'],
  [{ format: 'btrfs', uuid: 'U', label: 'L' }, 'mkfs.btrfs --force -U u -L L /dev/vdb1'],
  [{ format: 'swap', uuid: 'U', label: 'L' }, 'mkswap -f -U u -L L /dev/vdb1'],
  [{ format: 'vfat', uuid: 'A1B2-C3D4', label: 'L' }, 'mkfs.vfat -i a1b2c3d4 -n L /dev/vdb1'],
]
for (const [filesystem, expected] of commands)
  test(`${filesystem.format} is made by ${expected.split(' ')[0]} with options, UUID and label`, () => {
    const { steps = [] } = planFilesystem({ device, ...filesystem }, at, undefined)
    const step = steps.find((each) => each.kind === 'make-filesystem')
    assert.equal(step?.command.join(' '), expected)
  })

test('chooses a UUID, by which a cut run is known, unless options may have one', () => {
  assert.match(
    planFilesystem({ device, format: 'xfs' }, at, undefined).uuid ?? '',
    /^[0-9a-f-]{36}$/,
  )
  assert.match(
    planFilesystem({ device, format: 'vfat' }, at, undefined).uuid ?? '',
    /^[0-9a-f]{8}$/,
  )
  const chosen = (format: string, ...options: string[]) =>
    planFilesystem({ device, format, options }, at, undefined).uuid
  assert.equal(chosen('ext4', '-U', 'clear'), undefined)
  assert.equal(chosen('xfs', '-m', 'reflink=0'), undefined)
  assert.equal(chosen('vfat', '-i', '12345678'), undefined)
})

test('after a power loss its own work is kept when finished and made again when not', () => {
  const uuid = found('').uuid
  const plan = (isDone: boolean, content?: Content, wipeFilesystem = false) =>
    summary(
      planFilesystem({ device, format: 'ext4', wipeFilesystem }, at, content, { uuid, isDone }),
    )
  assert.equal(plan(true, found('ext4')), '')
  assert.equal(plan(true, found('ext4'), true), '')
  assert.equal(plan(false, found('ext4')), made)
  assert.equal(plan(false, undefined), made)
  // Another one has taken the device's name meanwhile: it is not ours to make again.
  assert.match(plan(false, found('btrfs', { uuid: 'other' })), /^format: /)
})
