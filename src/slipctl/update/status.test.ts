import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUpdateSettings } from '../../update/settings/settings.ts'
import { initialState, type UpdateState } from '../../update/state/state.ts'
import { type StatusSources, statusOf } from '../../update/status/status-of.ts'
import { statusText } from './status-text.ts'

const at = '2026-03-02T10:00:00.000Z'
const attempt = { from: '1.0', version: '1.1', since: at, byHand: false }
const ended = { from: '1.0', version: '1.1' }
const staged: UpdateState['phase'] = { kind: 'staged', bootId: 'b', ...attempt }
const bad = { version: '1.1', at, reason: 'web is not healthy', check: 'containers' }

const settings = (text: string) =>
  parseUpdateSettings(`server: https://updates.example\n${text}`, 'update.yaml')

/** A host that looked and has the newest release. */
function sources(changes: Partial<StatusSources>, state: Partial<UpdateState> = {}): StatusSources {
  return {
    running: { image: 'qemu', version: '1.0' },
    settings: settings(''),
    trusts: true,
    memory: {},
    progress: undefined,
    nowMs: Date.parse('2026-03-02T12:00:00Z'),
    ...changes,
    state: {
      ...initialState,
      lockMayBeHeld: false,
      lastCheck: { at, ok: true, message: '1.0 is the newest of stable' },
      nextCheckAt: '2026-03-02T16:00:00.000Z',
      ...state,
    },
  }
}

const windows =
  'strategy: window\nwindows: [{ days: [mon], start: "23:00", length: 2h, timeZone: UTC }]\n'
const lock = 'strategy: lock\nlock: { url: "https://locks.example", group: web }\n'
const refused = { kind: 'refused', reason: 'full', retryAtMs: Date.parse(at) + 86_400_000 } as const

const summaries: readonly [name: string, sources: StatusSources, expected: RegExp][] = [
  ['the newest runs', sources({}), /^1\.0 is the newest of stable$/],
  [
    'no settings',
    sources({ settings: { enabled: false, reason: 'no file' } }),
    /no updates: no file/,
  ],
  [
    'an update that ended since the last check',
    sources({}, { history: [{ ...ended, at: '2026-03-02T10:05:00.000Z', result: 'updated' }] }),
    /^the host was updated from 1\.0 to 1\.1$/,
  ],
  [
    'a release that was rolled back since the last check',
    sources(
      {},
      {
        history: [
          { ...ended, at: '2026-03-02T10:05:00.000Z', result: 'rolled-back', reason: 'no' },
        ],
      },
    ),
    /^1\.1 was rolled back: no$/,
  ],
  [
    'a check after the last update',
    sources({}, { history: [{ ...ended, at: '2026-03-01T10:05:00.000Z', result: 'updated' }] }),
    /^1\.0 is the newest of stable$/,
  ],
  ['no root in the image', sources({ trusts: false }), /trusts no releases/],
  ['a hold', sources({}, { hold: { since: at, reason: 'a fair' } }), /held since .*: a fair/],
  [
    'a failed check',
    sources({}, { lastCheck: { at, ok: false, message: 'no answer', code: 'SLIPWAY_X' } }),
    /the last check failed: no answer/,
  ],
  [
    'strategy manual',
    sources({ settings: settings('strategy: manual') }, { phase: staged }),
    /1\.1 waits until somebody reboots/,
  ],
  [
    'a closed window',
    sources({ settings: settings(windows) }, { phase: staged }),
    /1\.1 waits for the window that opens at 2026-03-02T23/,
  ],
  [
    'a lock that was refused',
    sources({ settings: settings(lock), memory: { lock: refused } }, { phase: staged }),
    /1\.1 waits for the lock server.*full/,
  ],
  [
    'a hold over what waits',
    sources({}, { phase: staged, hold: { since: at } }),
    /held.*1\.1 waits/,
  ],
  [
    'a download',
    sources(
      { progress: { version: '1.1', step: 'writing', percent: 40 } },
      { phase: { kind: 'downloading', ...attempt } },
    ),
    /1\.1 is on its way into the other slot: writing, 40 %/,
  ],
  [
    'a download that was cut',
    sources({}, { phase: { kind: 'downloading', ...attempt } }),
    /was cut/,
  ],
  ['a reboot', sources({}, { phase: { ...staged, kind: 'rebooting' } }), /reboots into 1\.1/],
  [
    'a trial',
    sources({}, { phase: { kind: 'trying', bootId: 'b', tries: 2, ...attempt } }),
    /on trial, boot 2/,
  ],
  [
    'a way back',
    sources({}, { phase: { kind: 'returning', bootId: 'b', reason: 'slow', ...attempt } }),
    /back into 1\.1: slow/,
  ],
]

for (const [name, from, expected] of summaries)
  test(`the status says why nothing happens, or what does: ${name}`, () => {
    assert.match(statusOf(from).summary, expected)
    assert.ok(statusText(statusOf(from)).includes(statusOf(from).summary))
  })

test('the text has a line for each thing to know, and what was rolled back for which reason', () => {
  const status = statusOf(
    sources(
      {
        settings: settings(`${lock}windows: [{ start: "11:00", length: 2h }]\n`),
        memory: { lock: refused },
      },
      {
        phase: staged,
        hold: { since: at, reason: 'a fair' },
        pin: { since: at, version: '1.1' },
        badReleases: [bad],
        history: [
          { from: '0.9', version: '1.0', at: '2026-02-01T00:00:00.000Z', result: 'updated' },
          { from: '1.0', version: '1.1', at, result: 'rolled-back', reason: 'containers: web' },
        ],
      },
    ),
  )
  assert.equal(
    statusText(status),
    `Running:      1.0 (qemu)
Waiting:      1.1, since 2026-03-02T10:00:00.000Z
Now:          updates are held since 2026-03-02T10:00:00.000Z: a fair; 1.1 waits
Server:       https://updates.example/, channel stable
Strategy:     lock
Last check:   2026-03-02T10:00:00.000Z: 1.0 is the newest of stable
Next check:   2026-03-02T16:00:00.000Z
Window:       open until 2026-03-02T13:00:00.000Z
Lock:         https://locks.example/, group web: full; asked again at 2026-03-03T10:00:00.000Z
Held:         since 2026-03-02T10:00:00.000Z: a fair
Pinned:       to 1.1 since 2026-03-02T10:00:00.000Z

Releases that are not taken again:
  1.1   2026-03-02T10:00:00.000Z   the check containers failed: web is not healthy

Past updates, newest first:
  1.0 -> 1.1   2026-03-02T10:00:00.000Z   rolled-back   containers: web
  0.9 -> 1.0   2026-02-01T00:00:00.000Z   updated
`,
  )
})

test('a host without settings has few lines', () => {
  const without = { enabled: false, reason: 'there is no file /etc/slipway/update.yaml' } as const
  const { nextCheckAt: _, lastCheck: __, ...state } = sources({}).state
  assert.equal(
    statusText(statusOf({ ...sources({ settings: without }), state })),
    `Running:    1.0 (qemu)
Now:        this host takes no updates: there is no file /etc/slipway/update.yaml
Settings:   there is no file /etc/slipway/update.yaml
`,
  )
})
