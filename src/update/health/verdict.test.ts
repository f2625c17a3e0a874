import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEntryName } from '../esp/entry-name.ts'
import { failedUnits, hasOtherRelease, parseUnits } from './verdict.ts'

test('the units that keep a target from being reached are named', () => {
  const text =
    'Id=sysinit.target\nActiveState=active\n\nId=my-check.service\nActiveState=failed\n\nId=never.service\nActiveState=inactive\n'
  assert.deepEqual(failedUnits(parseUnits(text)), ['my-check.service', 'never.service'])
})

const [hashA, hashB] = ['a'.repeat(64), 'b'.repeat(64)]

function entry(file: string, rootHash?: string) {
  const name = parseEntryName(file)
  return {
    file,
    path: `/boot/${file}`,
    sizeBytes: 1,
    ...(name && { name }),
    ...(rootHash && { rootHash }),
  }
}

const situations: readonly [string, ReturnType<typeof entry>[], boolean][] = [
  ['the release before', [entry('slipway_1.efi', hashA), entry('slipway_2+2-1.efi', hashB)], true],
  ['nothing else', [entry('slipway_2+2-1.efi', hashB)], false],
  ['a bad release', [entry('slipway_1+0-3.efi', hashA), entry('slipway_2+2-1.efi', hashB)], false],
  ['one that cannot boot', [entry('slipway_1.efi'), entry('slipway_2+2-1.efi', hashB)], false],
  [
    'a file of somebody else',
    [entry('other.efi', hashA), entry('slipway_2+2-1.efi', hashB)],
    false,
  ],
]

for (const [what, entries, expected] of situations)
  test(`a host with ${what} beside what runs has ${expected ? 'another' : 'no other'} release`, () =>
    assert.equal(hasOtherRelease(entries, hashB), expected))
