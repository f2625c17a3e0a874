import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deltas, ReleaseDescription } from '../release.ts'
import { planWays } from './plan-ways.ts'

const runningRootHash = 'a'.repeat(64)

test('the fewest bytes come first, the full file last', () => {
  const deltas = {
    compressed: { usr: file(400), uki: file(90) },
    patches: [{ from: '1.0.0', rootHash: runningRootHash, usr: file(20), uki: file(95) }],
  }
  const { usr, uki } = planWays(release(deltas), runningRootHash, { usr: 100, uki: 50 })
  assert.deepEqual(
    usr.map(({ way, bytes }) => [way, bytes]),
    [
      ['patch', 20],
      ['chunks', 100],
      ['compressed', 400],
      ['full', 1000],
    ],
  )
  assert.deepEqual(
    uki.map(({ way }) => way),
    ['chunks', 'compressed', 'patch', 'full'],
  )
})

test('a patch from another release is none', () => {
  const rootHash = 'b'.repeat(64)
  const deltas = { patches: [{ from: '1.0.0', rootHash, usr: file(20), uki: file(20) }] }
  assert.deepEqual(planWays(release(deltas), runningRootHash, undefined).usr, [
    { way: 'full', bytes: 1000 },
  ])
})

test('what takes as much as the full file is left out', () => {
  const deltas = { compressed: { usr: file(1000), uki: file(101) } }
  const plan = planWays(release(deltas), runningRootHash, { usr: 2000, uki: 100 })
  assert.deepEqual([plan.usr.length, plan.uki.length], [1, 1])
})

test('the hash tree is computed if the release says with what', () => {
  const hashTree = { uuid: '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0', salt: '' }
  assert.equal(planWays(release({ hashTree }), runningRootHash, undefined).verity[0]?.bytes, 0)
  assert.deepEqual(planWays(release({}), runningRootHash, undefined).verity, [
    { way: 'full', bytes: 10 },
  ])
})

function file(sizeBytes: number) {
  return { target: 'releases/qemu/1.1.0/some', sizeBytes, sha256: 'c'.repeat(64) }
}

function release(deltas: Deltas): ReleaseDescription {
  return {
    formatVersion: 1,
    image: 'qemu',
    version: '1.1.0',
    architecture: 'amd64',
    createdAt: '2026-11-24T00:00:00.000Z',
    rootHash: 'd'.repeat(64),
    usr: file(1000),
    verity: file(10),
    uki: file(100),
    deltas,
  }
}
