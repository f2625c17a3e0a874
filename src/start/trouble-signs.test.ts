import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { troubleSigns } from './trouble-signs.ts'

/** The signs that a console's line shows. */
const signsOf = (line: string) =>
  troubleSigns.filter(({ pattern }) => pattern.test(line)).map(({ name }) => name)

describe('the signs of trouble on a console', () => {
  it('tell a processor that had no turn on a busy machine from a kernel that is broken', () => {
    const starved = '[   40.6] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]'
    assert.deepEqual(signsOf(starved), ['hung task'])
    const broken = '[   40.6] BUG: kernel NULL pointer dereference, address: 0000000000000008'
    assert.deepEqual(signsOf(broken), ['kernel oops'])
  })
})
