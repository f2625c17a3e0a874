import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContainerState } from '../containers/container.ts'
import type { ContainerSpec } from '../containers/spec.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { trialOf } from './trial.ts'

const startedAt = '2026-01-01T00:00:00.000Z'

function verdict(state: Partial<ContainerState>, spec: Partial<ContainerSpec> = {}, afterMs = 0) {
  const container = testContainer({ restart: { name: 'always', maximumRetryCount: 0 }, ...spec })
  const whole = { ...container, state: { ...container.state, bootId: 'this', startedAt, ...state } }
  return trialOf(whole, 'this', 5_000, Date.parse(startedAt) + afterMs)
}

describe('the trial of a container that is to replace another', () => {
  const checked = { healthcheck: { Test: ['CMD', 'check'] } }

  it('has not begun before its first start in this boot', () => {
    assert.deepEqual(verdict({}), { verdict: 'untried' })
    assert.deepEqual(verdict({ status: 'exited', exitCode: 255, bootId: 'an earlier one' }), {
      verdict: 'untried',
    })
  })

  it('goes by the health check where there is one, however long it takes', () => {
    const running = { status: 'running' } as const
    assert.deepEqual(verdict({ ...running, health: 'starting' }, checked, 1e6), {
      verdict: 'pending',
    })
    assert.deepEqual(verdict({ ...running, health: 'healthy' }, checked), { verdict: 'good' })
    assert.equal(verdict({ ...running, health: 'unhealthy' }, checked).verdict, 'bad')
  })

  it('goes by how long it runs without one', () => {
    assert.deepEqual(verdict({ status: 'running' }, {}, 2_000), {
      verdict: 'pending',
      forMs: 3_000,
    })
    assert.deepEqual(verdict({ status: 'running' }, {}, 5_000), { verdict: 'good' })
    assert.deepEqual(verdict({ status: 'running' }, {}, -9_000), {
      verdict: 'pending',
      forMs: 5_000,
    })
  })

  it('is lost by one that does not start, or ends', () => {
    assert.deepEqual(verdict({ status: 'created', starts: 1, error: 'no such program' }), {
      verdict: 'bad',
      reason: 'no such program',
    })
    assert.equal(verdict({ status: 'exited' }).verdict, 'bad')
    assert.deepEqual(verdict({ status: 'exited', exitCode: 3 }), {
      verdict: 'bad',
      reason: 'it ended with exit code 3',
    })
  })

  it('is won by a job that has done its work', () => {
    const restart = { name: 'no', maximumRetryCount: 0 } as const
    assert.deepEqual(verdict({ status: 'exited' }, { restart }), { verdict: 'good' })
  })
})
