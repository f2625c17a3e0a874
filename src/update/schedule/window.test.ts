import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOpen, nextOpening, openAt, type RebootWindow, weekdays } from './window.ts'

const hour = 60 * 60 * 1000

function window(
  days: RebootWindow['days'] | 'daily',
  start: string,
  hours: number,
  timeZone = 'UTC',
): RebootWindow {
  const [hourOfDay = 0, minute = 0] = start.split(':').map(Number)
  return {
    days: days === 'daily' ? weekdays : days,
    start: { hour: hourOfDay, minute },
    lengthMs: hours * hour,
    timeZone,
  }
}

const at = (text: string) => Date.parse(text)

/** The opening that is going on or comes next, in UTC. */
function opening(windows: readonly RebootWindow[], time: string): [string, string] | undefined {
  const next = nextOpening(windows, at(time))
  return next && [utc(next.opensAtMs), utc(next.closesAtMs)]
}

const utc = (ms: number) => new Date(ms).toISOString().replace(':00.000Z', 'Z')

describe('a weekly window', () => {
  // 2026-01-12 is a Monday.
  const night = [window(['tue', 'thu'], '02:00', 2)]
  for (const [time, open] of [
    ['2026-01-13T01:59:59.999Z', false],
    ['2026-01-13T02:00Z', true],
    ['2026-01-13T03:59:59.999Z', true],
    ['2026-01-13T04:00Z', false],
    ['2026-01-14T03:00Z', false],
    ['2026-01-15T03:00Z', true],
  ] as const)
    it(`is ${open ? 'open' : 'closed'} at ${time}`, () =>
      assert.equal(isOpen(night, at(time)), open))

  for (const [time, expected] of [
    ['2026-01-12T00:00Z', '2026-01-13T02:00Z'],
    ['2026-01-13T03:00Z', '2026-01-13T02:00Z'],
    ['2026-01-13T04:00Z', '2026-01-15T02:00Z'],
    ['2026-01-15T04:00Z', '2026-01-20T02:00Z'],
  ] as const)
    it(`opens next, seen from ${time}, at ${expected}`, () =>
      assert.equal(opening(night, time)?.[0], expected))

  it('of one day that has just closed opens a week later', () => {
    assert.deepEqual(opening([window(['tue'], '02:00', 2)], '2026-01-13T04:00Z'), [
      '2026-01-20T02:00Z',
      '2026-01-20T04:00Z',
    ])
  })

  it('may cross midnight, and the end of the week with it', () => {
    const sunday = [window(['sun'], '23:30', 2)]
    assert.equal(isOpen(sunday, at('2026-01-18T23:29Z')), false)
    assert.equal(isOpen(sunday, at('2026-01-18T23:30Z')), true)
    assert.equal(isOpen(sunday, at('2026-01-19T01:29Z')), true)
    assert.equal(isOpen(sunday, at('2026-01-19T01:30Z')), false)
    assert.equal(isOpen(sunday, at('2026-01-18T00:30Z')), false)
  })

  it('is of its own zone’s day, not of the day in UTC', () => {
    const monday = [window(['mon'], '00:30', 1, 'Asia/Kolkata')]
    assert.deepEqual(opening(monday, '2026-01-18T00:00Z'), [
      '2026-01-18T19:00Z',
      '2026-01-18T20:00Z',
    ])
  })

  it('of 24 hours is open all its day and no longer', () => {
    const saturday = [window(['sat'], '00:00', 24, 'America/New_York')]
    assert.deepEqual(opening(saturday, '2026-01-16T12:00Z'), [
      '2026-01-17T05:00Z',
      '2026-01-18T05:00Z',
    ])
    assert.equal(isOpen(saturday, at('2026-01-18T04:59Z')), true)
    assert.equal(isOpen(saturday, at('2026-01-18T05:00Z')), false)
  })

  it('of 24 hours each day never closes but where a day has 25 hours', () => {
    const always = [window('daily', '00:00', 24, 'Europe/Berlin')]
    for (let time = at('2026-10-20T00:00Z'); time < at('2026-10-30T00:00Z'); time += hour / 2)
      assert.equal(
        isOpen(always, time),
        time < at('2026-10-25T22:00Z') || time >= at('2026-10-25T23:00Z'),
        utc(time),
      )
  })
})

describe('several windows', () => {
  it('none at all are never open and never will be', () => {
    assert.equal(isOpen([], at('2026-01-13T02:00Z')), false)
    assert.equal(nextOpening([], at('2026-01-13T02:00Z')), undefined)
  })

  it('are open when any is, until the last of them closes', () => {
    const windows = [window('daily', '02:00', 1), window(['tue'], '02:30', 3)]
    assert.equal(
      utc(openAt(windows, at('2026-01-13T02:45Z'))?.closesAtMs ?? 0),
      '2026-01-13T05:30Z',
    )
    assert.equal(opening(windows, '2026-01-13T05:30Z')?.[0], '2026-01-14T02:00Z')
  })

  it('may be in different zones', () => {
    const windows = [
      window(['tue'], '04:00', 1, 'America/New_York'),
      window(['tue'], '04:00', 1, 'Asia/Tokyo'),
    ]
    assert.equal(opening(windows, '2026-01-12T12:00Z')?.[0], '2026-01-12T19:00Z')
    assert.equal(opening(windows, '2026-01-12T20:00Z')?.[0], '2026-01-13T09:00Z')
  })
})

describe('a window where clocks change', () => {
  const cases: readonly [
    name: string,
    window: RebootWindow,
    from: string,
    expected: [string, string],
  ][] = [
    [
      'opens after the gap, later by its width, when its start is skipped (Berlin, 02:30 becomes 03:30)',
      window('daily', '02:30', 1, 'Europe/Berlin'),
      '2026-03-29T00:00Z',
      ['2026-03-29T01:30Z', '2026-03-29T02:30Z'],
    ],
    [
      'keeps its length when clocks jump ahead within it (Berlin)',
      window('daily', '01:30', 2, 'Europe/Berlin'),
      '2026-03-29T00:00Z',
      ['2026-03-29T00:30Z', '2026-03-29T02:30Z'],
    ],
    [
      'opens the first time that clocks show its start, not the second (Berlin)',
      window('daily', '02:30', 1, 'Europe/Berlin'),
      '2026-10-25T00:00Z',
      ['2026-10-25T00:30Z', '2026-10-25T01:30Z'],
    ],
    [
      'does not open again when clocks show its start the second time (Berlin)',
      window('daily', '02:30', 0.5, 'Europe/Berlin'),
      '2026-10-25T01:15Z',
      ['2026-10-26T01:30Z', '2026-10-26T02:00Z'],
    ],
    [
      'keeps its length when clocks fall back within it (Berlin)',
      window('daily', '01:30', 3, 'Europe/Berlin'),
      '2026-10-24T20:00Z',
      ['2026-10-24T23:30Z', '2026-10-25T02:30Z'],
    ],
    [
      'is at the same wall clock before and after (Berlin)',
      window(['mon'], '04:00', 1, 'Europe/Berlin'),
      '2026-03-30T00:00Z',
      ['2026-03-30T02:00Z', '2026-03-30T03:00Z'],
    ],
    [
      'opens after the gap when its start is skipped (New York)',
      window(['sun'], '02:00', 2, 'America/New_York'),
      '2026-03-08T00:00Z',
      ['2026-03-08T07:00Z', '2026-03-08T09:00Z'],
    ],
    [
      'opens the first time that clocks show its start (New York)',
      window(['sun'], '01:00', 2, 'America/New_York'),
      '2026-11-01T00:00Z',
      ['2026-11-01T05:00Z', '2026-11-01T07:00Z'],
    ],
    [
      'moves by half an hour where clocks do (Lord Howe)',
      window('daily', '02:15', 1, 'Australia/Lord_Howe'),
      '2026-10-03T12:00Z',
      ['2026-10-03T15:45Z', '2026-10-03T16:45Z'],
    ],
    [
      'opens a day later where a whole day was skipped (Apia had no 2011-12-30)',
      window(['fri'], '12:00', 1, 'Pacific/Apia'),
      '2011-12-29T23:00Z',
      ['2011-12-30T22:00Z', '2011-12-30T23:00Z'],
    ],
  ]
  for (const [name, each, from, expected] of cases)
    it(name, () => assert.deepEqual(opening([each], from), expected))
})
