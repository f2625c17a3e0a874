import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advance } from './advance.ts'
import type { BootFacts, UpdateEvent } from './event.ts'
import { initialState, type Phase, type UpdateState } from './state.ts'

const then = '2026-01-15T03:00:00Z'
const now = '2026-01-15T04:00:00Z'
const attempt = { from: '1', version: '2', since: then, byHand: false }
const failure = { at: then, check: 'network', reason: 'eth0 has no address' }

const phases = {
  idle: { kind: 'idle' },
  downloading: { kind: 'downloading', ...attempt },
  staged: { kind: 'staged', bootId: 'a', ...attempt },
  rebooting: { kind: 'rebooting', bootId: 'a', ...attempt },
  trying: { kind: 'trying', bootId: 'b', tries: 1, ...attempt },
  returning: {
    kind: 'returning',
    bootId: 'a',
    reason: 'printer lost',
    ...attempt,
    from: '2',
    version: '1',
    byHand: true,
  },
} as const satisfies { readonly [kind in Phase['kind']]: Phase }

const inPhase = (phase: Phase): UpdateState => ({ ...initialState, phase })

const events = {
  checked: {
    kind: 'checked',
    result: { at: now, ok: true, message: '2 is the newest' },
    nextCheckAt: now,
  },
  'download-started': {
    kind: 'download-started',
    at: now,
    from: '1',
    version: '3',
    byHand: true,
  },
  'download-failed': { kind: 'download-failed', at: now, reason: 'no answer' },
  staged: { kind: 'staged', at: now, bootId: 'a' },
  dropped: { kind: 'dropped', at: now, reason: 'withdrawn' },
  'reboot-started': { kind: 'reboot-started' },
  'return-started': {
    kind: 'return-started',
    at: now,
    from: '2',
    version: '1',
    bootId: 'a',
    reason: 'printer lost',
  },
  'agent-started': { kind: 'agent-started', at: now, bootId: 'a', running: '1', onTrial: false },
  unhealthy: { kind: 'unhealthy', at: now, check: 'network', reason: 'eth0 has no address' },
  blessed: { kind: 'blessed', at: now },
  held: { kind: 'held', hold: { since: now } },
  'hold-ended': { kind: 'hold-ended' },
  pinned: { kind: 'pinned', pin: { since: now, version: '2' } },
  'pin-ended': { kind: 'pin-ended' },
  'lock-asked': { kind: 'lock-asked' },
  'lock-released': { kind: 'lock-released' },
} as const satisfies { readonly [kind in UpdateEvent['kind']]: UpdateEvent }

/** Rows of docs/update-state-machine.md: the phase after an event; `-` where it cannot come. */
const transitions: Readonly<Record<string, Readonly<Record<keyof typeof phases, string>>>> = {
  'download-started': {
    idle: 'downloading',
    downloading: '-',
    staged: 'downloading',
    rebooting: '-',
    trying: '-',
    returning: '-',
  },
  'download-failed': {
    idle: '-',
    downloading: 'idle',
    staged: '-',
    rebooting: '-',
    trying: '-',
    returning: '-',
  },
  staged: {
    idle: '-',
    downloading: 'staged',
    staged: '-',
    rebooting: '-',
    trying: '-',
    returning: '-',
  },
  dropped: {
    idle: '-',
    downloading: '-',
    staged: 'idle',
    rebooting: '-',
    trying: '-',
    returning: '-',
  },
  'reboot-started': {
    idle: '-',
    downloading: '-',
    staged: 'rebooting',
    rebooting: '-',
    trying: '-',
    returning: '-',
  },
  'return-started': {
    idle: 'returning',
    downloading: '-',
    staged: '-',
    rebooting: '-',
    trying: 'returning',
    returning: '-',
  },
  unhealthy: {
    idle: '-',
    downloading: '-',
    staged: '-',
    rebooting: '-',
    trying: 'trying',
    returning: '-',
  },
  blessed: {
    idle: '-',
    downloading: '-',
    staged: '-',
    rebooting: '-',
    trying: 'idle',
    returning: '-',
  },
}

describe('each event in each phase', () => {
  for (const [kind, event] of Object.entries(events))
    for (const [name, phase] of Object.entries(phases)) {
      if (kind === 'agent-started') continue
      const expected = transitions[kind]?.[phase.kind] ?? phase.kind
      it(`${kind} while ${name}: ${expected === '-' ? 'cannot come' : expected}`, () => {
        if (expected === '-')
          assert.throws(
            () => advance(inPhase(phase), event),
            new TypeError(`the event ${kind} cannot come while ${name}`),
          )
        else assert.equal(advance(inPhase(phase), event).phase.kind, expected)
      })
    }
})

type Start = Omit<BootFacts, 'at'>
const started = (state: UpdateState, facts: Start) =>
  advance(state, { kind: 'agent-started', at: now, ...facts })

const tries = (triesLeft: number | 'blessed') => ({ entry: { triesLeft } })
const sameBoot = { bootId: 'a', running: '1', onTrial: false }
const otherBoot = { bootId: 'c', running: '1', onTrial: false }
const arrived = { bootId: 'c', running: '2', onTrial: true }

/** After a start: the phase, and what is remembered of the update. */
const starts: readonly [name: string, phase: Phase, facts: Start, expected: string][] = [
  ['nothing was under way', phases.idle, otherBoot, 'idle'],
  ['nothing was under way, and what runs is on trial', phases.idle, arrived, 'idle'],

  ['a download was cut', phases.downloading, otherBoot, 'idle'],
  ['the agent was restarted while it downloaded', phases.downloading, sameBoot, 'idle'],
  [
    'the power went between the commit and its note',
    phases.downloading,
    { ...otherBoot, ...tries(3) },
    'staged',
  ],
  ['so it did, and the release is up', phases.downloading, { ...arrived, ...tries(2) }, 'trying'],
  [
    'so it did, and the release is blessed',
    phases.downloading,
    { ...arrived, onTrial: false, ...tries('blessed') },
    'idle, updated',
  ],
  [
    'so it did, and every try failed',
    phases.downloading,
    { ...otherBoot, ...tries(0) },
    'idle, rolled-back, bad',
  ],
  [
    'the download is of what an old entry has',
    phases.downloading,
    { ...otherBoot, ...tries('blessed') },
    'idle',
  ],

  [
    'the agent was restarted while a release waits',
    phases.staged,
    { ...sameBoot, ...tries(3) },
    'staged',
  ],
  ['the boot entry was removed meanwhile', phases.staged, sameBoot, 'idle, dropped'],
  ['somebody rebooted by hand', phases.staged, { ...arrived, ...tries(2) }, 'trying'],
  [
    'somebody rebooted by hand and chose the old one',
    phases.staged,
    { ...otherBoot, ...tries(3) },
    'staged',
  ],
  [
    'the new one never came up',
    phases.staged,
    { ...otherBoot, ...tries(0) },
    'idle, rolled-back, bad',
  ],

  ['the reboot did not come', phases.rebooting, { ...sameBoot, ...tries(3) }, 'staged'],
  ['the reboot came', phases.rebooting, { ...arrived, ...tries(2) }, 'trying'],
  [
    'the reboot came, and systemd blessed first',
    phases.rebooting,
    { ...arrived, onTrial: false, ...tries('blessed') },
    'idle, updated',
  ],
  ['every try failed', phases.rebooting, { ...otherBoot, ...tries(0) }, 'idle, rolled-back, bad'],
  [
    'a power cut took the entry that was being renamed',
    phases.rebooting,
    otherBoot,
    'idle, dropped',
  ],
  [
    'an old one was chosen in the boot menu',
    phases.rebooting,
    { ...otherBoot, ...tries(2) },
    'staged',
  ],
  [
    'a third release was booted',
    phases.rebooting,
    { ...otherBoot, running: '0', ...tries(0) },
    'idle, rolled-back, bad',
  ],

  [
    'the agent was restarted on trial',
    phases.trying,
    { ...arrived, bootId: 'b', ...tries(2) },
    'trying',
  ],
  ['the next try', phases.trying, { ...arrived, ...tries(1) }, 'trying'],
  [
    'it was blessed before that was noted',
    phases.trying,
    { ...arrived, onTrial: false, ...tries('blessed') },
    'idle, updated',
  ],
  ['a power cut took the entry while it was blessed', phases.trying, otherBoot, 'idle, dropped'],
  ['the tries are over', phases.trying, { ...otherBoot, ...tries(0) }, 'idle, rolled-back, bad'],
  [
    'it was blessed, and an old one chosen since',
    phases.trying,
    { ...otherBoot, ...tries('blessed') },
    'idle, updated',
  ],

  ['the way back is done', phases.returning, otherBoot, 'idle, returned, bad'],
  ['the way back did not happen', phases.returning, { ...sameBoot, running: '2' }, 'idle, failed'],
]

describe('the start of the agent', () => {
  for (const [name, phase, facts, expected] of starts)
    it(`when ${name}: ${expected}`, () => {
      const state = started(inPhase(phase), facts)
      const results = state.history.map(({ result }) => result)
      const bad = state.badReleases.length > 0 ? ['bad'] : []
      assert.equal([state.phase.kind, ...results, ...bad].join(', '), expected)
      assert.ok(state.badReleases.every(({ version }) => version === '2'))
    })

  it('counts the boots into a release on trial, not the restarts of the agent', () => {
    const first = started(inPhase(phases.rebooting), { ...arrived, bootId: 'b' })
    const again = started(first, { ...arrived, bootId: 'b' })
    const second = started(again, { ...arrived, bootId: 'c' })
    const counts = [first, again, second].map(({ phase }) => phase.kind === 'trying' && phase.tries)
    assert.deepEqual(counts, [1, 1, 2])
  })
})

describe('a release that failed', () => {
  it('is bad for the first check that failed, over its tries', () => {
    const unhealthy = advance(inPhase(phases.trying), { kind: 'unhealthy', ...failure })
    const second = started(unhealthy, { ...arrived, ...tries(1) })
    const third = advance(second, {
      kind: 'unhealthy',
      at: now,
      check: 'containers',
      reason: 'web is not healthy',
    })
    const back = started(third, { ...otherBoot, bootId: 'd', ...tries(0) })
    assert.deepEqual(back.badReleases, [
      { version: '2', at: now, check: 'network', reason: 'eth0 has no address' },
    ])
    assert.deepEqual(back.history, [
      {
        from: '1',
        version: '2',
        at: now,
        result: 'rolled-back',
        reason: 'network: eth0 has no address',
      },
    ])
  })

  it('is bad for the check even if its entry is gone', () => {
    const unhealthy = advance(inPhase(phases.trying), { kind: 'unhealthy', ...failure })
    assert.equal(started(unhealthy, otherBoot).badReleases[0]?.check, 'network')
  })

  it('before any check is told apart by whether the agent ran', () => {
    const reason = (phase: Phase) =>
      started(inPhase(phase), { ...otherBoot, ...tries(0) }).badReleases[0]?.reason
    assert.equal(
      reason(phases.rebooting),
      'it did not start: every try ended before this agent ran',
    )
    assert.equal(
      reason(phases.trying),
      'it started, but did not stay up until its checks were through',
    )
  })

  it('and holds when it is taken again by hand is bad no more', () => {
    const bad = { version: '2', at: then, reason: 'x' }
    const other = { version: '3', at: then, reason: 'y' }
    const state = { ...inPhase(phases.trying), badReleases: [bad, other] }
    assert.deepEqual(advance(state, { kind: 'blessed', at: now }).badReleases, [other])
  })

  it('twice is remembered once, by its last failure', () => {
    const state = {
      ...inPhase(phases.rebooting),
      badReleases: [{ version: '2', at: then, reason: 'x' }],
    }
    const { badReleases } = started(state, { ...otherBoot, ...tries(0) })
    assert.deepEqual(
      badReleases.map(({ version, at }) => [version, at]),
      [['2', now]],
    )
  })
})

describe('what is remembered', () => {
  it('of a download that fails again and again is its last failure', () => {
    let state = initialState
    for (const reason of ['no answer', 'disk full']) {
      state = advance(state, { ...events['download-started'], version: '2' })
      state = advance(state, { kind: 'download-failed', at: now, reason })
    }
    assert.deepEqual(
      state.history.map(({ reason }) => reason),
      ['disk full'],
    )
  })

  it('is limited', () => {
    let state = initialState
    for (let version = 2; version < 9; version += 1) {
      const update = { ...attempt, version: String(version) }
      state = advance(
        { ...state, phase: { kind: 'rebooting', bootId: 'a', ...update } },
        { kind: 'agent-started', at: now, ...otherBoot, ...tries(0) },
        { history: 2, badReleases: 3 },
      )
    }
    assert.deepEqual(
      state.history.map(({ version }) => version),
      ['7', '8'],
    )
    assert.deepEqual(
      state.badReleases.map(({ version }) => version),
      ['6', '7', '8'],
    )
  })

  it('of checks is the last one, and how many failed in a row', () => {
    const failed = { at: now, ok: false, message: 'no answer', code: 'SLIPWAY_UPDATE_SERVER' }
    let state = initialState
    for (const result of [failed, failed])
      state = advance(state, { kind: 'checked', result, nextCheckAt: now })
    assert.equal(state.checkFailures, 2)
    assert.deepEqual(state.lastCheck, failed)
    state = advance(state, events.checked)
    assert.equal(state.checkFailures, 0)
    assert.equal(state.nextCheckAt, now)
  })

  it('of hold, pin and lock ends with them', () => {
    let state: UpdateState = { ...initialState, lockMayBeHeld: false }
    const kinds = ['held', 'pinned', 'lock-asked'] as const
    for (const kind of kinds) state = advance(state, events[kind])
    assert.deepEqual(state.hold, { since: now })
    assert.deepEqual(state.pin, { since: now, version: '2' })
    assert.equal(state.lockMayBeHeld, true)
    for (const kind of ['hold-ended', 'pin-ended', 'lock-released'] as const)
      state = advance(state, events[kind])
    assert.deepEqual(state, { ...initialState, lockMayBeHeld: false })
  })

  it('of an attempt is kept from phase to phase', () => {
    let state = advance(initialState, events['download-started'])
    state = advance(state, events.staged)
    state = advance(state, events['reboot-started'])
    assert.deepEqual(state.phase, {
      kind: 'rebooting',
      bootId: 'a',
      from: '1',
      version: '3',
      since: now,
      byHand: true,
    })
  })
})
