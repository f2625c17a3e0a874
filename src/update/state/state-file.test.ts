import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { initialState, type Phase, type UpdateState } from './state.ts'
import { loadUpdateState, saveUpdateState } from './state-file.ts'
import { stateFromJson, stateToJson } from './state-json.ts'

const now = '2026-01-15T04:00:00.000Z'
const attempt = { from: '1', version: '2', since: now, byHand: false }
const bootId = '0b0d9a3e-7c6b-4a26-9d4e-0f1f6a3f9f11'

const phases: readonly Phase[] = [
  { kind: 'idle' },
  { kind: 'downloading', ...attempt },
  { kind: 'staged', bootId, ...attempt, byHand: true },
  { kind: 'rebooting', bootId, ...attempt },
  { kind: 'trying', bootId, tries: 2, ...attempt },
  {
    kind: 'trying',
    bootId,
    tries: 1,
    failure: { at: now, check: 'network', reason: 'eth0 has no address' },
    ...attempt,
  },
  { kind: 'returning', bootId, reason: 'by hand', ...attempt },
]

const full: UpdateState = {
  phase: { kind: 'idle' },
  lastCheck: { at: now, ok: false, message: 'no answer', code: 'SLIPWAY_UPDATE_SERVER' },
  nextCheckAt: now,
  checkFailures: 3,
  hold: { since: now, reason: 'fair week' },
  pin: { since: now, version: '2' },
  badReleases: [
    { version: '3', at: now, reason: 'it did not start' },
    { version: '4', at: now, reason: 'unhealthy', check: 'containers' },
  ],
  history: [
    { from: '1', version: '2', at: now, result: 'updated' },
    { from: '2', version: '3', at: now, result: 'rolled-back', reason: 'it did not start' },
  ],
  lockMayBeHeld: false,
}

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-update-state-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

describe('the remembered state', () => {
  for (const [index, phase] of phases.entries())
    it(`is read as it was written while ${phase.kind} (${index})`, async (t) => {
      const file = join(await scratch(t), 'update/state.json')
      const state = { ...full, phase }
      await saveUpdateState(state, file)
      assert.deepEqual(await loadUpdateState(now, file), { state })
      assert.equal((await stat(file)).mode & 0o777, 0o600)
    })

  it('is that of a new host when there is no file', async (t) => {
    const file = join(await scratch(t), 'state.json')
    assert.deepEqual(await loadUpdateState(now, file), { state: initialState })
  })

  it('may have fields that are not known yet', () => {
    const text = stateToJson(full).replace('"phase": {', '"weather": "fair",\n"phase": {"tide": 3,')
    assert.deepEqual(stateFromJson(JSON.parse(text)), full)
  })
})

describe('a state that cannot be read', () => {
  const whole = stateToJson({ ...full, phase: phases[5] ?? { kind: 'idle' } })
  const damage: readonly [text: string | Buffer, reason: string][] = [
    ['', 'it is not JSON text'],
    [whole.slice(0, -20), 'it is not JSON text'],
    [Buffer.alloc(4096), 'it is not JSON text'],
    [Buffer.from([0x22, 0xff, 0x22]), 'it is not JSON text'],
    ['[]', 'the file is not an object'],
    ['{}', 'formatVersion is not a whole number from 0 on'],
    [' '.repeat(1024 * 1024) + whole, 'it is not JSON text'],
    [
      whole.replace('"trying"', '"sleeping"'),
      'phase.kind is not one of idle, downloading, staged, rebooting, trying, returning',
    ],
    [whole.replace('"tries": 1', '"tries": -1'), 'phase.tries is not a whole number from 0 on'],
    [whole.replace('"check": "network"', '"check": 1'), 'phase.failure.check is not a text'],
    [
      whole.replace('"from": "1"', '"from": "../1"'),
      'phase.from is not a version such as 1.4.2, 1.4.2-1, 1.5~rc1 or 1.4^fix2, of at most 28 characters',
    ],
    [
      whole.replace('"nextCheckAt": "2026-', '"nextCheckAt": "soon-'),
      'nextCheckAt is not a time in ISO 8601, UTC',
    ],
    [
      whole.replace('"rolled-back"', '"sunk"'),
      'history[1].result is not one of updated, rolled-back, returned, dropped, failed',
    ],
    [
      whole.replace('"lockMayBeHeld": false', '"lockMayBeHeld": 0'),
      'lockMayBeHeld is not true or false',
    ],
  ]
  for (const [index, [text, reason]] of damage.entries())
    it(`stops updates and is set aside (${index}): ${reason}`, async (t) => {
      const file = join(await scratch(t), 'state.json')
      await writeFile(file, text)
      const { state, problem } = await loadUpdateState(now, file)
      assert.equal(problem?.code, 'SLIPWAY_UPDATE_STATE_DAMAGED')
      assert.equal(problem?.details.reason, reason)
      assert.deepEqual(state, { ...initialState, hold: { since: now, reason: problem?.message } })
      assert.deepEqual(await readFile(`${file}.unreadable`), Buffer.from(text))
      await saveUpdateState(state, file)
      assert.deepEqual(await loadUpdateState(now, file), { state })
    })

  it('because a newer release wrote it stops updates and is set aside', async (t) => {
    const file = join(await scratch(t), 'state.json')
    const newer = '{ "formatVersion": 2, "phases": [] }'
    await writeFile(file, newer)
    const { state, problem } = await loadUpdateState(now, file)
    assert.equal(problem?.code, 'SLIPWAY_UPDATE_STATE_NEWER')
    assert.equal(state.hold?.since, now)
    assert.equal(await readFile(`${file}.unreadable`, 'utf8'), newer)
  })

  it('because of the disk is an error', async (t) => {
    await assert.rejects(loadUpdateState(now, await scratch(t)), { code: 'EISDIR' })
  })
})

it('a state that is saved is whole after SIGKILL at any moment of the saving: the old one or the new one', async (t) => {
  const directory = await scratch(t)
  const testing = join(import.meta.dirname, '../testing')
  const save = (file: string, message: string, killAt?: number) =>
    spawnSync(
      process.execPath,
      ['--import', join(testing, 'kill-at-call.ts'), join(testing, 'save-state.ts'), file, message],
      {
        encoding: 'utf8',
        env: { ...process.env, ...(killAt !== undefined && { KILL_AT_CALL: String(killAt) }) },
      },
    )
  const calls = Number(/calls: (\d+)/.exec(save(join(directory, 'counted'), 'x').stderr)?.[1])
  assert.ok(calls >= 6, `only ${calls} calls were seen`)
  const seen = new Set<string | undefined>()
  for (let killAt = 1; killAt <= calls; killAt += 1) {
    const file = join(directory, `state-${killAt}.json`)
    assert.equal(save(file, 'old').status, 0)
    assert.equal(save(file, 'new', killAt).signal, 'SIGKILL')
    const { state, problem } = await loadUpdateState(now, file)
    assert.equal(problem, undefined)
    assert.match(state.lastCheck?.message ?? '', /^(old|new)$/)
    seen.add(state.lastCheck?.message)
    assert.equal(save(file, 'third').status, 0, 'a later save works')
    assert.equal((await loadUpdateState(now, file)).state.lastCheck?.message, 'third')
  }
  assert.deepEqual(seen, new Set(['old', 'new']))
})
