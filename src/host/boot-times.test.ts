import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBootTimes, parseLoaderTime, parseTimestamps, splitBootTimes } from './boot-times.ts'

const whole = {
  loaderStartUsec: 1_200_000,
  loaderEndUsec: 1_500_000,
  initrdUsec: 2_000_400,
  userspaceUsec: 5_000_000,
  nowUsec: 9_000_000,
}

test('a boot with firmware, loader and initrd is split into five parts', () => {
  assert.deepEqual(splitBootTimes(whole), {
    firmwareMs: 1200,
    loaderMs: 300,
    kernelMs: 2000,
    initrdMs: 3000,
    userspaceMs: 4000,
    totalMs: 10_500,
  })
})

test('without an initrd the kernel’s part reaches to the host’s systemd', () => {
  assert.deepEqual(splitBootTimes({ userspaceUsec: 3_000_000, nowUsec: 4_000_000 }), {
    kernelMs: 3000,
    userspaceMs: 1000,
    totalMs: 4000,
  })
})

const { loaderEndUsec: _, ...endUnknown } = whole

for (const [what, moments] of [
  ['out of order', { ...whole, loaderEndUsec: 1 }],
  ['half known', endUnknown],
] as const)
  test(`loader times that are ${what} are left out`, () => {
    const times = splitBootTimes(moments)
    assert.equal(times.firmwareMs, undefined)
    assert.equal(times.loaderMs, undefined)
    assert.equal(times.totalMs, 9000)
  })

test('boot times read as a sum', () => {
  assert.equal(
    formatBootTimes(splitBootTimes(whole)),
    'firmware 1.2 s + loader 0.3 s + kernel 2.0 s + initrd 3.0 s + userspace 4.0 s = 10.5 s',
  )
  assert.equal(
    formatBootTimes(splitBootTimes({ userspaceUsec: 3_000_000, nowUsec: 4_000_000 })),
    'kernel 3.0 s + userspace 1.0 s = 4.0 s',
  )
})

const attributes = Buffer.from([6, 0, 0, 0])
const variables: readonly [string, Buffer, number | undefined][] = [
  ['a number with its zero', Buffer.from('1234567\0', 'utf16le'), 1_234_567],
  ['a number without one', Buffer.from('42', 'utf16le'), 42],
  ['nothing', Buffer.alloc(0), undefined],
  ['words', Buffer.from('soon\0', 'utf16le'), undefined],
  ['a negative number', Buffer.from('-5\0', 'utf16le'), undefined],
  ['bytes that are not UTF-16', Buffer.from('1234567'), undefined],
]

for (const [what, value, expected] of variables)
  test(`an EFI variable with ${what} reads as ${expected}`, () =>
    assert.equal(parseLoaderTime(Buffer.concat([attributes, value])), expected))

test('systemd’s zeroes are moments that did not happen', () => {
  const output = 'UserspaceTimestampMonotonic=5000000\nInitRDTimestampMonotonic=0\nOther=text\n'
  assert.deepEqual([...parseTimestamps(output)], [['UserspaceTimestampMonotonic', 5_000_000]])
})
