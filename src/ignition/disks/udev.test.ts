import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskStep } from './step.ts'
import { isSettledBy } from './udev.ts'

const device = '/dev/vdb'
const format: DiskStep = {
  ...{ kind: 'make-filesystem', at: [], device, format: 'ext4', command: ['mkfs.ext4', device] },
}

test('what was wiped to be made anew at once is waited for when it is made', () => {
  assert.equal(isSettledBy(device, format), true)
})

test('what was wiped and stays empty is waited for, and so is another device', () => {
  assert.equal(isSettledBy(device, undefined), false)
  assert.equal(isSettledBy('/dev/vdc', format), false)
})

test('a step that does not wait for udev by itself is waited for before', () => {
  const array: DiskStep = { kind: 'create-array', at: [], device, name: 'root', parameters: [] }
  assert.equal(isSettledBy(device, array), false)
})
