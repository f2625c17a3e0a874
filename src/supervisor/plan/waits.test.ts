import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DependencyState, dependenciesNotMet } from './waits.ts'

const absent: DependencyState = { wasStarted: false, isHealthy: false, hasSucceeded: false }
const started = { ...absent, wasStarted: true }

/** Whether one waits for another of this state. */
const waits = (
  state: DependencyState,
  condition?: 'service_healthy' | 'service_completed_successfully',
) =>
  dependenciesNotMet(
    { dependsOn: ['a'], ...(condition && { conditions: { a: condition } }) },
    () => state,
  ).length > 0

describe('a service that depends on another', () => {
  it('waits for its start, unless told otherwise', () => {
    assert.ok(waits(absent))
    assert.ok(!waits(started))
  })

  it('waits until it is healthy', () => {
    assert.ok(waits(started, 'service_healthy'))
    assert.ok(!waits({ ...started, isHealthy: true }, 'service_healthy'))
  })

  it('waits until it has done its work', () => {
    assert.ok(waits({ ...started, isHealthy: true }, 'service_completed_successfully'))
    assert.ok(!waits({ ...started, hasSucceeded: true }, 'service_completed_successfully'))
  })

  it('waits for each of several', () => {
    assert.deepEqual(
      dependenciesNotMet(
        { dependsOn: ['a', 'b'], conditions: { b: 'service_healthy' } },
        () => started,
      ),
      ['b'],
    )
    assert.deepEqual(
      dependenciesNotMet({}, () => absent),
      [],
    )
  })
})
