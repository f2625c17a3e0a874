import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ifAbsent, readIfThere } from './absence.ts'

test('a file that is not there has no text', async () => {
  assert.equal(await readIfThere(`${import.meta.filename}.none`), undefined)
  assert.match((await readIfThere(import.meta.filename)) ?? '', /has no text/)
})

test('what is wrong otherwise is not taken for absence', async () => {
  await assert.rejects(readIfThere(import.meta.dirname), { code: 'EISDIR' })
  await assert.rejects(readFile(`${import.meta.filename}/x`).catch(ifAbsent), { code: 'ENOTDIR' })
  assert.throws(() => ifAbsent(new RangeError('other')), RangeError)
})
