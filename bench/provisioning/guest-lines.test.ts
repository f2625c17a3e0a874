import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestScripts, measuringEnd, readGuestTimes } from './guest-lines.ts'

test('reads the milliseconds of both sides and of starts among the lines of a console', () => {
  const lines = ['[    6.7] systemd[1]: Hello', 'bench: start 4253476', 'bench: ours 17397890']
  const more = ['bench: peer 25061489', 'bench: start 4848051', 'bench: ours 25431327']
  assert.deepEqual(readGuestTimes([...lines, ...more, 'bench: peer 27433000', 'bench: done']), {
    ours: [17_397.89, 25_431.327],
    peer: [25_061.489, 27_433],
    start: [4253.476, 4848.051],
  })
})

test('gives the words of a side that failed, not the times before it', () => {
  const lines = ['bench: start 4253476', 'bench: ours 17397890']
  const words = ['bench: CRITICAL : Ignition failed: create partitions failed', 'bench: failed']
  assert.deepEqual(readGuestTimes([...lines, ...words]), {
    failed: 'CRITICAL : Ignition failed: create partitions failed',
  })
})

test('takes a console that ends in the middle for a failure', () => {
  assert.deepEqual(readGuestTimes(['bench: ours 17397890']), { failed: '' })
})

test('sees the end, whichever it is, and no line before it', () => {
  for (const line of ['bench: done', 'bench: failed']) assert.match(line, measuringEnd)
  for (const line of ['bench: ours 1', 'bench: mount failed', 'done'])
    assert.doesNotMatch(line, measuringEnd)
})

test('has the sides take turns, each on disks that were emptied', () => {
  const { measure } = guestScripts(3, ['ours', 'peer'])
  assert.match(measure, /seq 3/)
  assert.match(measure, /for side in ours peer; do\n.*\$side.*wipe.*done\ndone/s)
  assert.match(guestScripts(1, ['ours']).measure, /for side in ours; do/)
})
