import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { normalise } from './normalise.ts'

const output = (stdout: string, status = 0, stderr = '') => ({ status, stdout, stderr })
const one = 'a'.repeat(64)
const other = 'b'.repeat(64)

function stdoutOf(ours: string, theirs: string): [string, string] {
  const [slipway, docker] = normalise(
    [output(ours), output(theirs)],
    [{ '/tmp/ours': '<directory>' }, { '/tmp/theirs': '<directory>' }],
  )
  return [slipway.stdout, docker.stdout]
}

describe('what two engines say is comparable', () => {
  it('when identifiers are random, by the order in which they appear', () => {
    const [ours, theirs] = stdoutOf(`${one} ${one.slice(0, 12)}`, `${other} ${other.slice(0, 12)}`)
    assert.equal(ours, '<id 1> <short id 1>')
    assert.equal(ours, theirs)
  })

  it('but not when each mentions another of the identifiers before', () => {
    const [ours, theirs] = stdoutOf(
      `${one} ${other} ${one}`,
      `${'c'.repeat(64)} ${'d'.repeat(64)} ${'d'.repeat(64)}`,
    )
    assert.notEqual(ours, theirs)
  })

  it('and keeps identifiers that both know', () => {
    assert.deepEqual(stdoutOf(`sha256:${one}`, `sha256:${one}`), [`sha256:${one}`, `sha256:${one}`])
  })

  it('when only times, paths and the width of columns are different', () => {
    const [ours, theirs] = stdoutOf(
      'NAME        CREATED\n/tmp/ours/x 2 seconds ago\nUp 3 minutes 2026-11-26T11:40:00.123Z\n',
      'NAME      CREATED\n/tmp/theirs/x About a minute ago\nUp 2 days 2026-11-26T12:40:00Z\n',
    )
    assert.equal(ours, 'NAME  CREATED\n<directory>/x <duration> ago\nUp <duration> <time>\n')
    assert.equal(ours, theirs)
  })

  it('but not when a time was never', () => {
    assert.equal(stdoutOf('0001-01-01T00:00:00Z', '')[0], '0001-01-01T00:00:00Z')
  })

  it('when the keys of JSON come in another order', () => {
    const [ours, theirs] = stdoutOf(
      '{"b":1,"a":[{"d":1,"c":2}]}\n{"e":3}',
      '{"a":[{"c":2,"d":1}],"b":1}\n{"e":3}',
    )
    assert.equal(ours, theirs)
  })

  it('but not when a list does', () => {
    const [ours, theirs] = stdoutOf('[1,2]', '[2,1]')
    assert.notEqual(ours, theirs)
  })
})
