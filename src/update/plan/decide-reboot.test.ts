import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { weekdays } from '../schedule/window.ts'
import { decideReboot, type LockState, type RebootSituation } from './decide-reboot.ts'

const windows = [
  { days: weekdays, start: { hour: 2, minute: 0 }, lengthMs: 3_600_000, timeZone: 'UTC' },
]
const inWindow = Date.UTC(2026, 0, 15, 2, 30)
const before = Date.UTC(2026, 0, 15, 1)
const hold = { since: '2026-01-14T10:00:00Z', reason: 'fair week' }
const granted: LockState = { kind: 'granted' }
const refusedUntil = (retryAtMs: number): LockState => ({
  kind: 'refused',
  reason: 'all slots are taken',
  retryAtMs,
})

type Given = Partial<RebootSituation>

function inShort(given: Given): string {
  const decision = decideReboot({
    staged: '2',
    strategy: 'immediate',
    windows: [],
    lock: { kind: 'unasked' },
    byHand: false,
    nowMs: before,
    ...given,
  })
  assert.match(decision.reason, /^\S.*\S$/)
  switch (decision.kind) {
    case 'at':
      return `at ${new Date(decision.atMs).toISOString().slice(0, 16)}`
    case 'never':
      return `never ${decision.because}`
    default:
      return decision.kind
  }
}

const window: Given = { strategy: 'window', windows }
const lock: Given = { strategy: 'lock' }
const lockInWindow: Given = { strategy: 'lock', windows }

const table: readonly [name: string, given: Given, decision: string][] = [
  ['immediate: at once', {}, 'now'],
  ['immediate, held: not', { hold }, 'never held'],
  ['manual: not by itself', { strategy: 'manual' }, 'never manual'],
  ['manual, by hand: at once', { strategy: 'manual', byHand: true }, 'now'],
  ['window, closed: when it opens', window, 'at 2026-01-15T02:00'],
  ['window, open: at once', { ...window, nowMs: inWindow }, 'now'],
  [
    'window, just closed: the next day',
    { ...window, nowMs: Date.UTC(2026, 0, 15, 3) },
    'at 2026-01-16T02:00',
  ],
  ['window, open but held: not', { ...window, nowMs: inWindow, hold }, 'never held'],
  ['window, closed, by hand: at once', { ...window, byHand: true }, 'now'],
  ['window, without windows: never', { strategy: 'window' }, 'never no-window'],
  ['lock, unasked: ask', lock, 'lock'],
  ['lock, granted: at once', { ...lock, lock: granted }, 'now'],
  ['lock, granted but held since: not', { ...lock, lock: granted, hold }, 'never held'],
  ['lock, refused: later', { ...lock, lock: refusedUntil(before + 60_000) }, 'at 2026-01-15T01:01'],
  ['lock, refused some time ago: ask again', { ...lock, lock: refusedUntil(before) }, 'lock'],
  ['lock, unasked, by hand: at once', { ...lock, byHand: true }, 'now'],
  ['lock with a closed window: the window first', lockInWindow, 'at 2026-01-15T02:00'],
  [
    'lock granted, window closed meanwhile: the next window',
    { ...lockInWindow, lock: granted },
    'at 2026-01-15T02:00',
  ],
  ['lock with an open window: ask', { ...lockInWindow, nowMs: inWindow }, 'lock'],
  [
    'lock granted in an open window: at once',
    { ...lockInWindow, nowMs: inWindow, lock: granted },
    'now',
  ],
]

describe('the reboot', () => {
  for (const [name, given, decision] of table)
    it(`${name}`, () => assert.equal(inShort(given), decision))

  it('never comes for nothing, whatever else holds', () => {
    for (const strategy of ['immediate', 'window', 'manual', 'lock'] as const)
      for (const byHand of [false, true])
        for (const lockState of [granted, refusedUntil(0)]) {
          const nowMs = inWindow
          const decision = decideReboot({ strategy, windows, lock: lockState, byHand, nowMs })
          assert.equal(decision.kind === 'never' && decision.because, 'nothing-waits')
        }
  })

  it('is told with a reason', () => {
    const told = (given: Given) =>
      decideReboot({
        staged: '2',
        strategy: 'lock',
        windows: [],
        lock: refusedUntil(before + 1),
        byHand: false,
        nowMs: before,
        ...given,
      }).reason
    assert.equal(
      told({}),
      '2 waits for the lock server, which does not allow the reboot yet: all slots are taken',
    )
    assert.equal(told({ windows }), '2 waits for the window that opens at 2026-01-15T02:00:00.000Z')
    assert.equal(told({ hold }), 'updates are held since 2026-01-14T10:00:00Z: fair week; 2 waits')
  })
})
