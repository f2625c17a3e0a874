import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Luks } from '../../ignition-schema/index.ts'
import { planVolume, type VolumePlan } from './plan-volume.ts'

const at = ['storage', 'luks', 0]
const luks: Luks = { name: 'data', device: '/dev/vdb' }
const keyFile = { source: 'data:,key' }
const content = { type: 'crypto_LUKS', label: 'l', uuid: 'u', isAmbiguous: false }
const header = { version: 2, allowsDiscards: false }

function kinds({ steps }: VolumePlan): string | undefined {
  return steps?.map(({ kind }) => kind).join(' ')
}

function fields({ findings = [] }: VolumePlan): unknown[] {
  return findings.map(({ at: path }) => path.at(-1))
}

test('encrypts and opens an empty device, with label, UUID and options', () => {
  const asked = {
    ...luks,
    label: 'L',
    uuid: 'U',
    options: ['--cipher', 'c'],
    discard: true,
    openOptions: ['--perf-no_read_workqueue'],
  }
  const { steps } = planVolume(asked, at, {})
  assert.deepEqual(steps, [
    {
      ...{ kind: 'format-volume', at, device: '/dev/vdb', name: 'data' },
      parameters:
        'luksFormat --batch-mode --type luks2 --key-file - --uuid U --label L --cipher c /dev/vdb'.split(
          ' ',
        ),
    },
    {
      ...{ kind: 'open-volume', at, device: '/dev/vdb', name: 'data' },
      parameters: ['--persistent', '--allow-discards', '--perf-no_read_workqueue'],
    },
  ])
})

test('binds to the TPM, and takes the key away that it made itself', () => {
  const bound = { ...luks, clevis: { tpm2: true } }
  assert.equal(kinds(planVolume(bound, at, {})), 'format-volume open-volume enroll-tpm remove-key')
  assert.equal(
    kinds(planVolume({ ...bound, keyFile }, at, {})),
    'format-volume open-volume enroll-tpm',
  )
})

test('binds to each tang server for itself, or to several of them together, with the TPM or not', () => {
  const tang = [
    { url: 'http://one', thumbprint: 't' },
    { url: 'http://two', thumbprint: 't', advertisement: '{}' },
  ]
  const bindings = (clevis: NonNullable<Luks['clevis']>) => {
    const { steps = [] } = planVolume({ ...luks, clevis }, at, {})
    return steps.flatMap((step) =>
      step.kind === 'bind-tang'
        ? [[step.at.slice(4), step.urls, step.threshold, step.withTpm, step.isProven]]
        : [],
    )
  }
  assert.deepEqual(bindings({ tang, threshold: 1 }), [
    [['tang', 0], ['http://one'], 1, false, true],
    [['tang', 1], ['http://two'], 1, false, false],
  ])
  assert.deepEqual(bindings({ tang, threshold: 2 }), [
    [['threshold'], ['http://one', 'http://two'], 2, false, false],
  ])
  assert.deepEqual(bindings({ tang: tang.slice(0, 1), threshold: 2, tpm2: true }), [
    [['threshold'], ['http://one'], 2, true, true],
  ])
  const shared = { tang: tang.slice(1), threshold: 2, tpm2: true }
  const together = planVolume({ ...luks, clevis: shared }, at, {})
  assert.equal(kinds(together), 'format-volume open-volume bind-tang remove-key')
  const all = planVolume({ ...luks, clevis: { tang: tang.slice(1), tpm2: true } }, at, {})
  assert.equal(kinds(all), 'format-volume open-volume enroll-tpm bind-tang remove-key')
})

test('opens a volume that fits, and touches nothing of it', () => {
  const plan = planVolume({ ...luks, keyFile, label: 'l', uuid: 'u' }, at, { content, header })
  assert.equal(kinds(plan), 'open-volume')
  assert.equal(plan.uuid, 'u')
})

const misfits: [what: string, Partial<Luks>, Partial<typeof header>, field: string][] = [
  ['no key file', {}, {}, 'keyFile'],
  ['a binding', { keyFile, clevis: { tpm2: true } }, {}, 'clevis'],
  ['another label', { keyFile, label: 'x' }, {}, 'label'],
  ['another UUID', { keyFile, uuid: 'x' }, {}, 'uuid'],
  ['other discards', { keyFile, discard: true }, {}, 'discard'],
  ['LUKS1', { keyFile }, { version: 1 }, 'device'],
]
for (const [what, asked, other, field] of misfits)
  test(`stops at a volume that does not fit, here for ${what}, unless wipeVolume gives it up`, () => {
    const there = { content, header: { ...header, ...other } }
    assert.deepEqual(fields(planVolume({ ...luks, ...asked }, at, there)), [field])
    const wiped = kinds(planVolume({ ...luks, ...asked, wipeVolume: true }, at, there))
    assert.match(wiped ?? '', /^wipe-signatures format-volume open-volume/)
  })

test('stops at anything else, and names it', () => {
  const { findings } = planVolume(luks, at, { content: { ...content, type: 'ext4' } })
  assert.match(
    findings?.[0]?.message ?? '',
    /^\/dev\/vdb holds ext4 \(label "l", UUID u\), and an encrypted volume is asked for without wipeVolume$/,
  )
})

test('after a power loss a finished volume is opened, an unfinished one made again', () => {
  const there = { content, header }
  assert.equal(
    kinds(planVolume(luks, at, { ...there, earlier: { uuid: 'u', isDone: true } })),
    'open-volume',
  )
  const again = planVolume(luks, at, { ...there, earlier: { uuid: 'u', isDone: false } })
  assert.equal(kinds(again), 'wipe-signatures format-volume open-volume')
  assert.equal(again.uuid, 'u')
  assert.deepEqual(
    fields(planVolume(luks, at, { ...there, earlier: { uuid: 'x', isDone: false } })),
    ['keyFile'],
  )
})
