import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areAllThatWorked, type MemberState } from './member-state.ts'

const member = (events: number, working: number, isActive = true): MemberState => ({
  ...{ events, working, isActive },
})

test('waits for nobody where those are there that worked when the array was written last', () => {
  const known: [rule: string, members: MemberState[], are: boolean][] = [
    ['none is there', [], false],
    ['one of two that worked', [member(5, 2)], false],
    ['both', [member(5, 2), member(5, 2)], true],
    ['the one that went on alone', [member(9, 1)], true],
    ['beside it one that had been lost before', [member(9, 1), member(5, 2)], true],
    ['only the one that was lost, which knows no better', [member(5, 2)], false],
    ['a spare instead of a device', [member(5, 2), member(5, 2, false)], false],
    ['three of four, one of which had failed', [1, 2, 3].map(() => member(5, 3)), true],
    ['two that do not agree: one may be torn', [member(6, 2), member(5, 2)], false],
  ]
  for (const [rule, members, are] of known) assert.equal(areAllThatWorked(members), are, rule)
})
