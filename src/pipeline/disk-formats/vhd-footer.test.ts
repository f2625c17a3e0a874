import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settledFooter } from './vhd-footer.ts'

const uuid = '01234567-89ab-cdef-0123-456789abcdef'

function footer(): Buffer {
  const bytes = Buffer.alloc(512)
  bytes.write('conectix', 'latin1')
  bytes.fill(0xff, 24, 28)
  bytes.fill(0xaa, 64, 84)
  return bytes
}

test('a footer gets the time of the release, counted from 2000, and its identifier', () => {
  const settled = settledFooter(footer(), uuid, Date.UTC(2000, 0, 1, 0, 1) / 1000)
  assert.equal(settled.readUInt32BE(24), 60)
  assert.equal(settled.toString('hex', 68, 84), uuid.replaceAll('-', ''))
})

test('its checksum makes the sum of all bytes, and of the checksum’s own complement, nothing', () => {
  const settled = settledFooter(footer(), uuid, 1_700_000_000)
  const checksum = settled.readUInt32BE(64)
  const sum = settled.reduce((total, byte) => total + byte, 0)
  const own = settled.subarray(64, 68).reduce((total, byte) => total + byte, 0)
  assert.equal((sum - own + checksum) >>> 0, 0xffffffff)
})

test('times before VHD’s own are its first', () => {
  assert.equal(settledFooter(footer(), uuid, 0).readUInt32BE(24), 0)
})

test('what is no footer is refused', () => {
  assert.throws(() => settledFooter(Buffer.alloc(512), uuid, 0), RangeError)
  assert.throws(() => settledFooter(footer().subarray(1), uuid, 0), RangeError)
})
