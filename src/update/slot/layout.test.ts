import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { Partition } from './gpt.ts'
import { findSlots, partitionNode } from './layout.ts'

const rootHash = '0123456789abcdef'.repeat(2) + 'fedcba9876543210'.repeat(2)
const uuids = slotUuids(rootHash)
const types = {
  esp: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  usr: '8484680c-9521-48c6-9c11-b0720656f69e',
  verity: '77ff5f63-e7b6-4633-acf4-1565b864c0e6',
  signature: 'e7bb33fb-06cf-4e81-8273-e543b413e2e2',
  root: '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
  usrArm: 'b0e01050-ee5f-4390-949a-9101b17104e9',
  verityArm: '6e11a4e7-fbca-4ded-b9e9-e1a512bb664e',
  signatureArm: 'c23ce4ff-44bd-4b00-b2d4-b41b3419e02a',
}

type Row = [type: keyof typeof types, label?: string, uuid?: string]

const slotA: Row[] = [
  ['usr', 'slipway_1', uuids.data],
  ['verity', 'slipway_1', uuids.verity],
  ['signature', '_empty'],
]
const slotB: Row[] = [
  ['usr', '_empty'],
  ['verity', '_empty'],
  ['signature', '_empty'],
]
const esp: Row = ['esp', 'esp']

test('the slot with the root hash’s UUIDs runs, the other is free', () => {
  const layout = findSlots(table([esp, ...slotA, ...slotB, ['root']]), rootHash)
  assert.deepEqual(numbers(layout.running), [2, 3, 4])
  assert.deepEqual(numbers(layout.free), [5, 6, 7])
  assert.equal(layout.esp.node, '/dev/vda1')
  assert.deepEqual(layout.free.usr.extent, {
    path: '/dev/vda5',
    offsetBytes: 0,
    sizeBytes: 1 << 20,
  })
})

test('the second slot runs as well as the first, whatever the labels say', () => {
  const first: Row[] = [['usr', 'slipway_9'], ['verity', 'slipway_9'], ['signature']]
  const second: Row[] = [
    ['usr', '_empty', uuids.data],
    ['verity', '_empty', uuids.verity],
    ['signature'],
  ]
  const layout = findSlots(table([esp, ...first, ...second]), rootHash)
  assert.deepEqual(numbers(layout.running), [5, 6, 7])
})

test('other partitions may lie between and after the slots', () => {
  const layout = findSlots(table([['root'], ...slotA, esp, ...slotB, ['root']]), rootHash)
  assert.deepEqual(numbers(layout.free), [6, 7, 8])
})

test('the types of 64-bit ARM are known', () => {
  const first: Row[] = [
    ['usrArm', '_empty'],
    ['verityArm', '_empty'],
    ['signatureArm', '_empty'],
  ]
  const second: Row[] = [
    ['usrArm', 'slipway_1', uuids.data],
    ['verityArm', 'slipway_1', uuids.verity],
    ['signatureArm', '_empty'],
  ]
  assert.deepEqual(numbers(findSlots(table([esp, ...first, ...second]), rootHash).free), [2, 3, 4])
})

test('a partition of a disk image is a part of the file', () => {
  const layout = findSlots(table([esp, ...slotA, ...slotB]), rootHash, true)
  assert.deepEqual(layout.free.usr.extent, {
    path: '/dev/vda',
    offsetBytes: 5 << 20,
    sizeBytes: 1 << 20,
  })
})

const odd: [what: string, rows: Row[], code: string, message: RegExp][] = [
  ['without a second slot', [esp, ...slotA], 'SLOT_COUNT', /1 slots/],
  ['without any slot', [esp, ['root']], 'SLOT_COUNT', /0 slots/],
  ['with a third slot', [esp, ...slotA, ...slotB, ...slotB], 'SLOT_COUNT', /3 slots/],
  [
    'whose slots have another release than the kernel',
    [esp, ...slotB, ['usr', 'slipway_2'], ['verity', 'slipway_2'], ['signature']],
    'SLOT_RUNNING_MISSING',
    /0123456789abcdef/,
  ],
  [
    'whose halves of the root hash are in different slots',
    [
      esp,
      ['usr', 'a', uuids.data],
      ['verity'],
      ['signature'],
      ['usr'],
      ['verity', 'a', uuids.verity],
      ['signature'],
    ],
    'SLOT_RUNNING_MISSING',
    /No slot/,
  ],
  [
    'with the running UUIDs twice',
    [esp, ...slotA, ...slotA],
    'SLOT_RUNNING_TWICE',
    /\/dev\/vda2, \/dev\/vda5/,
  ],
  [
    'with a running UUID on a partition outside the slots',
    [esp, ...slotA, ...slotB, ['root', 'root', uuids.data]],
    'SLOT_RUNNING_TWICE',
    /\/dev\/vda2, \/dev\/vda8/,
  ],
  [
    'in another order',
    [esp, ['verity'], ['usr'], ['signature'], ...slotA],
    'SLOT_ORDER',
    /2 verity, 3 usr/,
  ],
  ['that lacks a signature', [esp, ['usr'], ['verity'], ...slotA], 'SLOT_ORDER', /4 usr/],
  ['that ends within a slot', [esp, ...slotA, ['usr']], 'SLOT_ORDER', /5 usr/],
  [
    'with one label on both slots',
    [esp, ...slotA, ['usr', 'slipway_1'], ['verity', 'slipway_1'], ['signature']],
    'SLOT_LABEL_TWICE',
    /"slipway_1"/,
  ],
  ['without an ESP', [...slotA, ...slotB], 'ESP_MISSING', /0 EFI/],
  ['with two ESPs', [esp, esp, ...slotA, ...slotB], 'ESP_MISSING', /2 EFI/],
]

for (const [what, rows, code, message] of odd)
  test(`a table ${what} is refused`, () => {
    assert.throws(
      () => findSlots(table(rows), rootHash),
      (error) => isSlipwayError(error, `SLIPWAY_UPDATE_${code}`) && message.test(error.message),
    )
  })

test('a partition’s node has a p after a disk’s name that ends in a digit', () => {
  assert.equal(partitionNode('/dev/sda', 5), '/dev/sda5')
  assert.equal(partitionNode('/dev/nvme0n1', 5), '/dev/nvme0n1p5')
})

function table(rows: readonly Row[]) {
  const partitions = rows.map(
    ([type, label = '', uuid], index): Partition => ({
      number: index + 1,
      typeUuid: types[type],
      uuid: uuid ?? `00000000-0000-4000-8000-00000000000${index}`,
      label,
      startBytes: (index + 1) << 20,
      sizeBytes: 1 << 20,
    }),
  )
  return { disk: '/dev/vda', diskId: 'd', sectorBytes: 512, partitions }
}

function numbers(slot: { usr: Partition; verity: Partition; signature: Partition }): number[] {
  return [slot.usr.number, slot.verity.number, slot.signature.number]
}
