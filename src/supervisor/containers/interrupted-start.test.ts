import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testContainer } from '../runtime/testing/container.ts'
import { type Container, neverStarted } from './container.ts'
import { beforeItsStart, isBeingStarted } from './interrupted-start.ts'
import { isRestarting, nextDelayMs } from './restart.ts'

const process = { pid: 10, startTime: '1' }

function made(state: Partial<Container['state']>): Container {
  const restart = { name: 'on-failure', maximumRetryCount: 2 } as const
  return { ...testContainer({ restart }), state: { ...neverStarted, ...state } }
}

describe('a start that was interrupted', () => {
  for (const [what, state, expected] of [
    ['is none before a container is started', {}, false],
    ['is seen by the count of starts', { starts: 1 }, true],
    ['is seen by the process that waits', { starts: 1, process }, true],
    ['is none that failed', { starts: 1, error: 'no such program' }, false],
    ['is none of a container that runs', { starts: 1, status: 'running', process }, false],
  ] as const)
    it(what, () => {
      assert.equal(isBeingStarted(made(state)), expected)
    })

  const crashed = {
    ...{ starts: 3, restartCount: 2, backoffMs: 200, exitCode: 4, process },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:01.000Z',
  }

  it('leaves a container that had run as it had ended, and its policy where it was', () => {
    const { state, ...rest } = beforeItsStart(made(crashed))
    assert.equal(state.status, 'exited')
    assert.equal(state.exitCode, 4)
    assert.equal(state.restartCount, 1)
    assert.equal(state.process, undefined)
    assert.equal(nextDelayMs({ ...rest, state }), 400)
  })

  it('by a client leaves the count of restarts alone', () => {
    const { state } = beforeItsStart(made({ ...crashed, backoffMs: 0, restartCount: 0 }))
    assert.equal(state.restartCount, 0)
  })

  it('is shown as restarting where the policy asked for it, and not where a client did', () => {
    const state = { starts: 2, exitCode: 4, finishedAt: '2026-01-01T00:00:00.000Z' }
    assert.equal(isRestarting(made({ ...state, restartCount: 1, backoffMs: 100 })), true)
    assert.equal(isRestarting(made({ ...state, starts: 1 })), false)
  })

  it('leaves a container that never ran as one that is to be started', () => {
    const { state } = beforeItsStart(made({ starts: 1, process, ports: [] }))
    assert.deepEqual(state, { ...neverStarted, starts: 1 })
  })
})
