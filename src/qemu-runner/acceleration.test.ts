import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { chooseAcceleration } from './acceleration.ts'

const programs = {
  command: () => assert.fail('no program may run for an answer that is given'),
  firmware: { code: '', vars: '' },
}

for (const value of ['kvm', 'tcg'] as const)
  test(`SLIPWAY_ACCEL=${value} is taken without a probe`, async () => {
    const environment = { SLIPWAY_ACCEL: value }
    assert.equal((await chooseAcceleration({ programs, environment })).acceleration, value)
  })

test('an acceleration that does not exist is refused', () =>
  assert.rejects(chooseAcceleration({ programs, environment: { SLIPWAY_ACCEL: 'hvf' } }), (error) =>
    isSlipwayError(error, 'SLIPWAY_QEMU_ACCELERATION_UNKNOWN'),
  ))
