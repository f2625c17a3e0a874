import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import {
  badEntryName,
  type EntryName,
  entryState,
  formatEntryName,
  newEntryName,
  parseEntryName,
} from './entry-name.ts'

const names: [file: string, name: EntryName, state: ReturnType<typeof entryState>][] = [
  ['slipway_1.efi', { version: '1' }, 'good'],
  ['slipway_0.1.0.efi', { version: '0.1.0' }, 'good'],
  ['slipway_2026.11.24~rc1-2^a_b.efi', { version: '2026.11.24~rc1-2^a_b' }, 'good'],
  ['slipway_0.1.0+3.efi', { version: '0.1.0', tries: { left: 3, done: 0 } }, 'trying'],
  ['slipway_0.1.0+2-1.efi', { version: '0.1.0', tries: { left: 2, done: 1 } }, 'trying'],
  ['slipway_0.1.0+0-3.efi', { version: '0.1.0', tries: { left: 0, done: 3 } }, 'bad'],
  ['slipway_0.1.0+0.efi', { version: '0.1.0', tries: { left: 0, done: 0 } }, 'bad'],
]

for (const [file, name, state] of names)
  test(`${file} is an entry that is ${state}`, () => {
    const parsed = parseEntryName(file)
    assert.deepEqual(parsed, name)
    assert.ok(parsed)
    assert.equal(entryState(parsed), state)
    assert.equal(formatEntryName(parsed), file)
  })

test('a counter’s spelling may differ from what is written', () => {
  assert.deepEqual(parseEntryName('slipway_1+03-00.efi'), {
    version: '1',
    tries: { left: 3, done: 0 },
  })
  assert.deepEqual(parseEntryName('SLIPWAY_1+3.EFI'), { version: '1', tries: { left: 3, done: 0 } })
})

for (const file of [
  'slipway_.efi',
  'slipway_+3.efi',
  'slipway_1',
  'slipway_1.efi.new',
  'slipway_1+.efi',
  'slipway_1+x.efi',
  'slipway_1+3-.efi',
  'slipway_1+3-1-1.efi',
  'slipway_1+3+2.efi',
  'slipway_1/2.efi',
  'slipway_..efi',
  'other_1.efi',
  'xslipway_1.efi',
])
  test(`${file} is none of our entries`, () => {
    assert.equal(parseEntryName(file), undefined)
  })

for (const version of ['', '../x', 'a/b', 'a+b', '.hidden', 'a b', 'ä', 'v'.repeat(29)])
  test(`the version "${version}" makes no file name`, () => {
    assert.throws(
      () => formatEntryName({ version }),
      (error) => isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_VERSION_UNUSABLE'),
    )
  })

test('a new entry has three tries, unless told', () => {
  assert.equal(newEntryName('2'), 'slipway_2+3.efi')
  assert.equal(newEntryName('2', 1), 'slipway_2+1.efi')
})

test('a bad entry has no tries left, and keeps those done', () => {
  assert.deepEqual(badEntryName({ version: '1' }), { version: '1', tries: { left: 0, done: 1 } })
  assert.deepEqual(badEntryName({ version: '1', tries: { left: 1, done: 2 } }), {
    version: '1',
    tries: { left: 0, done: 2 },
  })
})
