import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { weekdays } from '../schedule/window.ts'
import { loadUpdateSettings, parseUpdateSettings } from './settings.ts'

/** Every line that is said about a text. */
function mistakes(text: string): string[] {
  try {
    parseUpdateSettings(text, 'u.yaml')
  } catch (error) {
    if (isSlipwayError(error, 'SLIPWAY_UPDATE_SETTINGS_INVALID'))
      return String(error.details.problems).split('\n')
    throw error
  }
  return []
}

const server = 'server: https://u.example\n'

describe('the settings of updates', () => {
  it('without a file switch updates off', async () => {
    assert.deepEqual(await loadUpdateSettings('/nonexistent/update.yaml'), {
      enabled: false,
      reason: 'there is no file /nonexistent/update.yaml',
    })
  })

  it('need no more than a server', () => {
    assert.deepEqual(parseUpdateSettings(server, 'u.yaml'), {
      enabled: true,
      server: 'https://u.example/',
      channel: 'stable',
      intervalMs: 6 * 60 * 60 * 1000,
      strategy: 'immediate',
      windows: [],
      tries: 3,
      health: { containers: true, network: true, server: true, timeoutMs: 10 * 60 * 1000 },
      history: 20,
    })
  })

  it('give windows and a lock as they are used', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-update-settings-'))
    t.after(() => rm(directory, { recursive: true }))
    const file = join(directory, 'update.yaml')
    await writeFile(
      file,
      `server: http://u.example:8080/base
channel: beta
interval: 90m
strategy: lock
windows:
  - { start: "23:30", length: 2h, timeZone: Europe/Berlin }
  - { days: [sun, mon], start: "04:00", length: 90m }
lock:
  url: https://locks.example/fleet
  group: web-1.eu
  caCertificate: /etc/slipway/locks.pem
tries: 1
health: { server: false, timeout: 90s }
history: 3
`,
    )
    assert.deepEqual(await loadUpdateSettings(file), {
      enabled: true,
      server: 'http://u.example:8080/base/',
      channel: 'beta',
      intervalMs: 5_400_000,
      strategy: 'lock',
      windows: [
        {
          days: weekdays,
          start: { hour: 23, minute: 30 },
          lengthMs: 7_200_000,
          timeZone: 'Europe/Berlin',
        },
        {
          days: ['mon', 'sun'],
          start: { hour: 4, minute: 0 },
          lengthMs: 5_400_000,
          timeZone: 'UTC',
        },
      ],
      lock: {
        url: 'https://locks.example/fleet/',
        group: 'web-1.eu',
        caCertificate: '/etc/slipway/locks.pem',
      },
      tries: 1,
      health: { containers: true, network: true, server: false, timeoutMs: 90_000 },
      history: 3,
    })
  })

  it('may say no more than that updates are off', () => {
    assert.deepEqual(parseUpdateSettings('enabled: false\n', 'u.yaml'), {
      enabled: false,
      reason: 'u.yaml says enabled: false',
    })
  })

  it('that cannot be read are an error, not an absent file', async () => {
    await assert.rejects(loadUpdateSettings(tmpdir()), (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SETTINGS_UNREADABLE'),
    )
  })
})

describe('mistakes of the settings', () => {
  it('are all told at their place', () => {
    const text = `sever: https://u.example
channel: Stable
interval: 6 hours
strategy: weekly
windows:
  - { start: 04:00, length: 2h, day: [mon] }
  - { days: [monday], start: "24:00", length: 2h }
lock: { url: https://l.example, group: a/b }
health: { containers: yes }
`
    assert.deepEqual(mistakes(text), [
      'u.yaml:1:1: sever: unknown key; did you mean "server"?',
      'u.yaml:2:10: channel: expected a name of lower-case letters, digits and dashes, found "Stable"',
      'u.yaml:3:11: interval: expected a duration such as 90s, 30m, 6h or 1d, found "6 hours"',
      'u.yaml:4:11: strategy: expected one of immediate, window, manual, lock, found "weekly"',
      'u.yaml:6:33: windows[0].day: unknown key; did you mean "days"?',
      'u.yaml:7:14: windows[1].days[0]: expected one of daily, mon, tue, wed, thu, fri, sat, sun, found "monday"',
      'u.yaml:7:30: windows[1].start: expected a time of day from "00:00" to "23:59", found "24:00"',
      'u.yaml:8:40: lock.group: expected letters, digits, dots and dashes, found "a/b"',
      'u.yaml:9:23: health.containers: expected true or false, found "yes"',
    ])
  })

  const cases: readonly [text: string, expected: string][] = [
    ['# nothing\n', 'u.yaml:1:1: server: missing; expected an http(s) URL'],
    ['server: ftp://u.example\n', 'u.yaml:1:9: server: expected an http(s) URL'],
    ['server: https:u.example\n', 'u.yaml:1:9: server: expected an http(s) URL'],
    [
      'server: https://me:secret@u.example\n',
      'u.yaml:1:9: server: expected a URL without user name and password',
    ],
    ['server: https://u.example?a=b\n', 'u.yaml:1:9: server: expected a URL without ? and #'],
    [
      `${server}interval: 30s\n`,
      'u.yaml:2:11: interval: expected a duration from 1m to 30d, found "30s"',
    ],
    [
      `${server}health: { timeout: 2h }\n`,
      'u.yaml:2:20: health.timeout: expected a duration from 30s to 1h, found "2h"',
    ],
    [
      `${server}strategy: window\n`,
      'u.yaml:1:1: windows: the strategy window needs at least one window',
    ],
    [
      `${server}windows: [{ start: "04:00", length: 2h }]\n`,
      'u.yaml:2:10: windows: windows have no effect with the strategy immediate',
    ],
    [
      `${server}strategy: window\nwindows: [{ start: "04:00", length: 25h }]\n`,
      'u.yaml:3:37: windows[0].length: expected a duration from 1m to 24h, found "25h"',
    ],
    [
      `${server}strategy: window\nwindows: [{ start: "04:00", length: 1h, timeZone: Mars/Base }]\n`,
      'u.yaml:3:51: windows[0].timeZone: expected a time zone of IANA’s such as Europe/Berlin, found "Mars/Base"',
    ],
    [
      `${server}strategy: window\nwindows: [{ days: [], start: "04:00", length: 1h }]\n`,
      'u.yaml:3:19: windows[0].days: names no day',
    ],
    [
      `${server}strategy: window\nwindows: [{ start: "04:00" }]\n`,
      'u.yaml:3:11: windows[0].length: missing; expected a duration such as 90s, 30m, 6h or 1d',
    ],
    [`${server}strategy: lock\n`, 'u.yaml:1:1: lock: missing; the strategy lock needs it'],
    [
      `${server}lock: { url: https://l.example }\n`,
      'u.yaml:2:7: lock: a lock server has no effect with the strategy immediate',
    ],
    [
      `${server}strategy: lock\nlock: { url: http://l.example, caCertificate: /ca.pem }\n`,
      'u.yaml:3:47: lock.caCertificate: has no effect with an http URL',
    ],
  ]
  for (const [text, expected] of cases)
    it(`tell ${expected}`, () => assert.deepEqual(mistakes(text), [expected]))
})
