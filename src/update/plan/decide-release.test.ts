import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChannelDescription } from '../release.ts'
import { compareVersions } from '../version.ts'
import { decideRelease } from './decide-release.ts'
import type { ReleaseSituation } from './release-decision.ts'

/** A channel from `1 2! 3`, where `!` marks a floor. */
function channelOf(releases: string): ChannelDescription {
  return {
    formatVersion: 1,
    channel: 'stable',
    image: 'qemu',
    releases: releases
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => {
        const version = word.replace('!', '')
        const release = `releases/qemu/${version}/release.json`
        return { version, floor: word.endsWith('!'), release }
      }),
  }
}

type Given = {
  readonly runs: string
  readonly channel: string
  readonly bad?: readonly string[]
  readonly staged?: string
  readonly stagedByHand?: boolean
  readonly held?: boolean
  readonly pin?: string
  /** A version, or nothing in particular. */
  readonly byHand?: string | true
  readonly onTrial?: boolean
}

function situation(given: Given): ReleaseSituation {
  return {
    running: { image: 'qemu', version: given.runs, onTrial: given.onTrial ?? false },
    ...(given.staged !== undefined && {
      staged: { version: given.staged, byHand: given.stagedByHand ?? false },
    }),
    badReleases: (given.bad ?? []).map((version) => ({
      version,
      at: '2026-01-15T04:00:00Z',
      check: 'network',
      reason: 'eth0 has no address',
    })),
    ...(given.held === true && { hold: { since: '2026-01-14T10:00:00Z', reason: 'fair week' } }),
    ...(given.pin !== undefined && { pin: given.pin }),
    channel: channelOf(given.channel),
    ...(given.byHand !== undefined && {
      byHand: given.byHand === true ? {} : { version: given.byHand },
    }),
  }
}

/** A decision in short: `take 2 to 3`, `refused bad-release 3`. */
function inShort(given: Given): string {
  const decision = decideRelease(situation(given))
  assert.match(decision.reason, /^\S.*\S$/)
  switch (decision.kind) {
    case 'take': {
      assert.equal(decision.release, `releases/qemu/${decision.version}/release.json`)
      const way =
        decision.via.length === 0 ? '' : ` via ${decision.via.join(' ')} to ${decision.goal}`
      const instead = decision.replaces === undefined ? '' : ` instead of ${decision.replaces}`
      return `take ${decision.version}${way}${instead}`
    }
    case 'held':
      return `held ${decision.available ?? '-'}`
    case 'refused':
      return `refused ${decision.because} ${decision.version ?? '-'}`
    default:
      return `${decision.kind} ${decision.version}`
  }
}

const table: readonly [name: string, given: Given, decision: string][] = [
  ['the newest is taken', { runs: '1', channel: '1 2 3' }, 'take 3'],
  ['nothing is done on the newest', { runs: '3', channel: '1 2 3' }, 'current 3'],
  ['a host whose release left the channel goes on', { runs: '1.5', channel: '2 3' }, 'take 3'],
  [
    'two names of one place in the order are one release',
    { runs: '1.01', channel: '1.1' },
    'current 1.01',
  ],
  ['a candidate is older than its release', { runs: '2~rc1', channel: '1 2' }, 'take 2'],
  [
    'a host that is ahead of its channel stays',
    { runs: '4', channel: '1 2 3' },
    'refused downgrade 3',
  ],

  ['a floor is the first step', { runs: '1', channel: '1 2! 3' }, 'take 2 via 2 to 3'],
  ['floors are walked one by one', { runs: '1', channel: '1 2! 3! 4' }, 'take 2 via 2 3 to 4'],
  ['the last floor is the goal itself', { runs: '2', channel: '1 2! 3!' }, 'take 3'],
  ['a floor that runs is behind', { runs: '2', channel: '1 2! 3' }, 'take 3'],
  [
    'a floor counts for a host between releases',
    { runs: '1.5', channel: '1 2! 3' },
    'take 2 via 2 to 3',
  ],

  ['a bad newest leaves the one before', { runs: '1', channel: '1 2 3', bad: ['3'] }, 'take 2'],
  [
    'with nothing but bad ones the host stays',
    { runs: '2', channel: '1 2 3', bad: ['3'] },
    'refused bad-release 3',
  ],
  [
    'a bad floor is in the way',
    { runs: '1', channel: '1 2! 3', bad: ['2'] },
    'refused bad-floor 2',
  ],
  [
    'before a bad floor there may be something good',
    { runs: '1', channel: '1 1.5 2! 3', bad: ['2'] },
    'take 1.5',
  ],
  [
    'a bad release that runs again is no matter',
    { runs: '2', channel: '1 2 3', bad: ['2'] },
    'take 3',
  ],
  [
    'a bad one is taken when it is named',
    { runs: '1', channel: '1 2 3', bad: ['3'], byHand: '3' },
    'take 3',
  ],
  [
    'a bad one is not taken when something newer is asked for',
    { runs: '2', channel: '1 2 3', bad: ['3'], byHand: true },
    'refused bad-release 3',
  ],
  [
    'a bad floor is not passed for what is named',
    { runs: '1', channel: '1 2! 3', bad: ['2'], byHand: '3' },
    'refused bad-floor 2',
  ],
  [
    'a bad floor is taken when it is named',
    { runs: '1', channel: '1 2! 3', bad: ['2'], byHand: '2' },
    'take 2',
  ],

  ['a pin is the goal', { runs: '1', channel: '1 2 3', pin: '2' }, 'take 2'],
  ['a pin may be behind', { runs: '3', channel: '1 2 3', pin: '2' }, 'take 2'],
  ['a pin to what runs is reached', { runs: '2', channel: '1 2 3', pin: '2' }, 'current 2'],
  ['a pin to what runs needs no channel', { runs: '2', channel: '3 4', pin: '2' }, 'current 2'],
  ['a pin needs its release', { runs: '1', channel: '1 3', pin: '2' }, 'refused not-in-channel 2'],
  [
    'a pin to a bad release is not followed',
    { runs: '1', channel: '1 2 3', pin: '2', bad: ['2'] },
    'refused bad-release 2',
  ],
  ['a pin goes through floors', { runs: '1', channel: '1 2! 3 4', pin: '3' }, 'take 2 via 2 to 3'],
  [
    'a pin below a floor is not followed',
    { runs: '3', channel: '1 2! 3', pin: '1' },
    'refused below-floor 1',
  ],
  [
    'a pin below the floor that runs is not followed',
    { runs: '2', channel: '1 2!', pin: '1' },
    'refused below-floor 1',
  ],
  ['a pin may go back to a floor', { runs: '3', channel: '1 2! 3', pin: '2' }, 'take 2'],

  [
    'what is named is taken, newer or older',
    { runs: '2', channel: '1 2 3', byHand: '1' },
    'take 1',
  ],
  [
    'what is named wins over the pin',
    { runs: '1', channel: '1 2 3', pin: '2', byHand: '3' },
    'take 3',
  ],
  [
    'asking for nothing in particular follows the pin',
    { runs: '1', channel: '1 2 3', pin: '2', byHand: true },
    'take 2',
  ],
  [
    'what is named must be there',
    { runs: '1', channel: '1 2', byHand: '7' },
    'refused not-in-channel 7',
  ],
  [
    'what is named does not pass below a floor',
    { runs: '2', channel: '1 2!', byHand: '1' },
    'refused below-floor 1',
  ],
  ['what is named and runs is no work', { runs: '2', channel: '1 2', byHand: '2' }, 'current 2'],

  ['a hold tells what there is', { runs: '1', channel: '1 2', held: true }, 'held 2'],
  ['a hold with nothing new', { runs: '2', channel: '1 2', held: true }, 'held -'],
  ['a hold keeps what waits', { runs: '1', channel: '1 3', staged: '2', held: true }, 'held 3'],
  [
    'a hold does not stop a hand',
    { runs: '1', channel: '1 2', held: true, byHand: true },
    'take 2',
  ],

  ['what waits is not taken twice', { runs: '1', channel: '1 2', staged: '2' }, 'waiting 2'],
  ['a floor waits on the way', { runs: '1', channel: '1 2! 3', staged: '2' }, 'waiting 2'],
  [
    'something newer takes the place of what waits',
    { runs: '1', channel: '1 2 3', staged: '2' },
    'take 3 instead of 2',
  ],
  [
    'a release that was withdrawn is not booted',
    { runs: '1', channel: '1', staged: '2' },
    'drop 2',
  ],
  [
    'a pin to what runs drops what waits',
    { runs: '1', channel: '1 2', staged: '2', pin: '1' },
    'drop 2',
  ],
  [
    'what somebody chose is not dropped',
    { runs: '2', channel: '1 2', staged: '1', stagedByHand: true },
    'waiting 1',
  ],
  [
    'what somebody chose is not dropped by who names nothing',
    {
      ...{ runs: '1', channel: '1 2', bad: ['2'] },
      ...{ staged: '2', stagedByHand: true, byHand: true },
    },
    'waiting 2',
  ],
  [
    'what somebody chose is not replaced by who names nothing',
    { runs: '2', channel: '1 2 3', staged: '1', stagedByHand: true, byHand: true },
    'waiting 1',
  ],
  [
    'what somebody chose can be chosen anew',
    { runs: '2', channel: '1 2 3', staged: '1', stagedByHand: true, byHand: '3' },
    'take 3 instead of 1',
  ],
  [
    'a channel that says nothing drops nothing',
    { runs: '1', channel: '', staged: '2' },
    'refused channel-empty -',
  ],

  [
    'nothing is decided on trial',
    { runs: '1', channel: '1 2', onTrial: true, byHand: '2' },
    'waiting 1',
  ],
  [
    'an unordered channel is not followed',
    { runs: '1', channel: '1 3 2' },
    'refused channel-malformed -',
  ],
  [
    'a repeated version is not followed',
    { runs: '1', channel: '1 2 2' },
    'refused channel-malformed -',
  ],
  [
    'a channel with two names of one place is not followed',
    { runs: '1', channel: '1 2.1 2.01' },
    'refused channel-malformed -',
  ],
  [
    'what is no version is not followed',
    { runs: '1', channel: '1 ../2' },
    'refused channel-malformed -',
  ],
]

describe('the next release', () => {
  for (const [name, given, decision] of table)
    it(name, () => assert.equal(inShort(given), decision))

  it('is not one of another image', () => {
    const given = situation({ runs: '1', channel: '1 2' })
    const decision = decideRelease({
      ...given,
      channel: { ...given.channel, image: 'metal' },
    })
    assert.equal(decision.kind === 'refused' && decision.because, 'other-image')
    assert.equal(
      decision.reason,
      'the channel stable is for the image metal, and this host has qemu',
    )
  })

  for (const [given, reason] of [
    [
      { runs: '1', channel: '1 2! 3' },
      '3 is the newest of stable for this host; the way there goes through 2',
    ],
    [
      { runs: '2', channel: '1 2 3', bad: ['3'] },
      '3 is not taken again: this host left it on 2026-01-15T04:00:00Z: the check network failed: eth0 has no address',
    ],
    [
      { runs: '1', channel: '1 2', held: true },
      'updates are held since 2026-01-14T10:00:00Z: fair week; 2 is available',
    ],
    [
      { runs: '1', channel: '1', staged: '2' },
      '2 waited for a reboot and is no longer wanted: 1 is the newest of stable',
    ],
  ] as const)
    it(`is told with a reason: ${reason}`, () =>
      assert.equal(decideRelease(situation(given)).reason, reason))
})

describe('whatever the situation', () => {
  const versions = ['1', '2', '3', '4']
  const subsets = (of: readonly string[]) =>
    Array.from({ length: 2 ** of.length }, (_, bits) =>
      of.filter((__, index) => bits & (1 << index)),
    )

  function* situations(): Generator<Given & { readonly floors: readonly string[] }> {
    const wishes: readonly Partial<Given>[] = [
      {},
      { byHand: true },
      ...['1', '2', '4', '5'].flatMap((version) => [
        { pin: version },
        { byHand: version },
        { pin: '2', byHand: version },
      ]),
    ]
    for (const floors of subsets(versions))
      for (const bad of subsets(['2', '3', '4']))
        for (const runs of ['0', '1', '2', '3', '3.5', '4', '5'])
          for (const wish of wishes)
            for (const staged of [undefined, '2', '4'])
              yield {
                floors,
                channel: versions
                  .map((each) => (floors.includes(each) ? `${each}!` : each))
                  .join(' '),
                bad,
                runs,
                ...wish,
                ...(staged !== undefined && staged !== runs && { staged }),
              }
  }

  it('no bad release is taken unless it was named, none is taken unasked that is older, and no floor is passed', () => {
    let taken = 0
    for (const given of situations()) {
      const decision = decideRelease(situation(given))
      if (decision.kind !== 'take') continue
      taken += 1
      const { version, goal } = decision
      const where = JSON.stringify({ given, decision })
      const named = given.byHand === true ? undefined : given.byHand
      const wanted = named ?? given.pin
      assert.ok(given.bad?.includes(version) !== true || version === named, where)
      assert.ok(compareVersions(version, given.runs) > 0 || version === wanted, where)
      assert.ok(wanted === undefined || goal === wanted, where)
      assert.notEqual(version, given.runs, where)
      const [low, high] = [given.runs, version].toSorted(compareVersions)
      const passed = given.floors.filter(
        (floor) => compareVersions(floor, low ?? '') > 0 && compareVersions(floor, high ?? '') < 0,
      )
      assert.deepEqual(passed, [], where)
    }
    assert.ok(taken > 3000, `${taken} were taken`)
  })

  it('a host that follows the decisions arrives, and then stays', () => {
    for (const given of situations()) {
      if (given.byHand !== undefined) continue
      let runs = given.runs
      for (let reboots = 0; reboots <= versions.length + 1; reboots += 1) {
        const { staged: _, ...fresh } = given
        const decision = decideRelease(situation({ ...fresh, runs }))
        if (decision.kind !== 'take') {
          assert.ok(['current', 'refused'].includes(decision.kind), JSON.stringify(decision))
          break
        }
        assert.ok(reboots <= versions.length, `never ends: ${JSON.stringify(given)}`)
        runs = decision.version
      }
    }
  })
})
