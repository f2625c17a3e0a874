import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { compareVersions, isVersion, maximumVersionLength, parseVersion } from './version.ts'

describe('the order of versions', () => {
  // From UAPI.10 and the manual of systemd-analyze, but for two examples with "~" in which the
  // specification contradicts itself; there systemd's answer counts.
  const examples: readonly [string, '<' | '=' | '>', string][] = [
    ['11', '=', '11'],
    ['systemd-123', '=', 'systemd-123'],
    ['bar-123', '<', 'foo-123'],
    ['123a', '>', '123'],
    ['123.a', '>', '123'],
    ['123.a', '<', '123.b'],
    ['123a', '>', '123.a'],
    ['11α', '=', '11β'],
    ['A', '<', 'a'],
    ['', '<', '0'],
    ['0.', '>', '0'],
    ['0.0', '>', '0'],
    ['0', '>', '~'],
    ['', '>', '~'],
    ['1_', '=', '1'],
    ['_1', '=', '1'],
    ['1_', '<', '1.2'],
    ['1_2_3', '>', '1.3.3'],
    ['1+', '=', '1'],
    ['+1', '=', '1'],
    ['1+', '<', '1.2'],
    ['1+2+3', '>', '1.3.3'],
    ['1.01', '=', '1.1'],
    ['1-~', '<', '1-'],
    ['99999999999999999999999', '<', '100000000000000000000000'],
    ['2026.9.1', '<', '2026.10.1'],
  ]
  for (const [left, relation, right] of examples)
    it(`has "${left}" ${relation} "${right}"`, () => {
      const expected = { '<': -1, '=': 0, '>': 1 }[relation]
      assert.equal(compareVersions(left, right), expected)
      assert.equal(compareVersions(right, left), expected === 0 ? 0 : -expected)
    })

  it('is that of systemd from a release candidate to the next release', () => {
    const ascending = [
      '122.1',
      '123~rc1-1',
      '123',
      '123-a',
      '123-a.1',
      '123-1',
      '123-1.1',
      '123^post1',
      '123.a-1',
      '123.1-1',
      '123a-1',
      '124-1',
    ]
    for (const [index, older] of ascending.entries())
      for (const newer of ascending.slice(index + 1))
        assert.ok(compareVersions(older, newer) < 0, `${older} < ${newer}`)
    assert.deepEqual(ascending.toReversed().toSorted(compareVersions), ascending)
  })
})

describe('the version of a release', () => {
  for (const right of ['1', '0.1.0', '2026.01.15', '1.5~rc1', '1.4.2-1', '1.4^fix2', '1-2.3'])
    it(`may be ${right}`, () => assert.equal(parseVersion(right), right))

  const wrong = [
    '',
    'v1',
    '1.',
    '.1',
    '1..2',
    '1-',
    '1~rc1-1',
    '1.0~RC1',
    '1.0+3',
    '1_0',
    '1/0',
    '..',
    '1.0\n',
    ' 1',
    '１',
    `1.${'0'.repeat(maximumVersionLength)}`,
  ]
  for (const text of wrong)
    it(`may not be ${JSON.stringify(text)}`, () => {
      assert.equal(isVersion(text), false)
      assert.throws(
        () => parseVersion(text),
        (error) => isSlipwayError(error, 'SLIPWAY_UPDATE_VERSION_INVALID'),
      )
    })
})
