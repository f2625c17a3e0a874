import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { updatePlanErrors } from '../../errors/update-plan.ts'
import { initialState, type Phase } from '../state/state.ts'
import type { RebootDecision } from './decide-reboot.ts'
import { lockStateAfter, unlockIsDue } from './lock.ts'

const now = Date.UTC(2026, 0, 15, 4)

describe('after the lock server was asked', () => {
  it('a granted lock counts at once', () =>
    assert.deepEqual(
      lockStateAfter({ kind: 'granted' }, now, () => 0),
      { kind: 'granted' },
    ))

  it('a refused one is asked for again after one to two minutes', () => {
    const answer = {
      kind: 'refused',
      status: 409,
      errorKind: 'failed_lock_semaphore_full',
      reason: 'all slots are locked',
    } as const
    const reason = 'all slots are locked (failed_lock_semaphore_full)'
    assert.deepEqual(
      lockStateAfter(answer, now, () => 0),
      { kind: 'refused', reason, retryAtMs: now + 60_000 },
    )
    assert.deepEqual(
      lockStateAfter(answer, now, () => 0.5),
      { kind: 'refused', reason, retryAtMs: now + 90_000 },
    )
  })

  it('no answer is a refusal too', () => {
    const details = { url: 'https://l.example/', reason: 'ECONNREFUSED' }
    const error = updatePlanErrors.error('SLIPWAY_UPDATE_LOCK_UNREACHABLE', details)
    const state = lockStateAfter(error, now, () => 0)
    assert.equal(state.kind === 'refused' && state.reason, error.message)
  })
})

describe('the lock is given back', () => {
  const attempt = { from: '1', version: '2', since: '2026-01-15T03:00:00Z', byHand: false }
  const boot = { bootId: 'a', ...attempt }
  const decisions: Readonly<Record<RebootDecision['kind'], RebootDecision>> = {
    now: { kind: 'now', reason: 'x' },
    lock: { kind: 'lock', reason: 'x' },
    at: { kind: 'at', atMs: now, reason: 'x' },
    never: { kind: 'never', because: 'held', reason: 'x' },
  }
  const table: readonly [phase: Phase, dueAt: readonly RebootDecision['kind'][]][] = [
    [{ kind: 'idle' }, ['now', 'lock', 'at', 'never']],
    [{ kind: 'downloading', ...attempt }, ['now', 'lock', 'at', 'never']],
    [{ kind: 'staged', ...boot }, ['at', 'never']],
    [{ kind: 'rebooting', ...boot }, []],
    [{ kind: 'trying', tries: 1, ...boot }, []],
    [{ kind: 'returning', reason: 'x', ...boot }, []],
  ]
  for (const [phase, dueAt] of table)
    it(`while ${phase.kind} when the reboot is to come: ${dueAt.join(', ') || '-'}`, () => {
      for (const decision of Object.values(decisions)) {
        const state = { ...initialState, phase }
        assert.equal(unlockIsDue(state, decision), dueAt.includes(decision.kind), decision.kind)
        assert.equal(unlockIsDue({ ...state, lockMayBeHeld: false }, decision), false)
      }
    })
})
