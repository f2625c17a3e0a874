import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBootTimes } from '../src/host/boot-times.ts'
import { kernelStart, parseBootSplit } from './boot-split.ts'

test('the line of our host is read', () => {
  const line = formatBootTimes({
    firmwareMs: 4200,
    loaderMs: 800,
    kernelMs: 2100,
    initrdMs: 6000,
    userspaceMs: 71_300,
    totalMs: 84_400,
  })
  assert.deepEqual(parseBootSplit(`slipway: booted: ${line}`), {
    firmware: 4200,
    loader: 800,
    kernel: 2100,
    initrd: 6000,
    userspace: 71_300,
  })
})

test('the line of systemd-analyze is read, minutes and milliseconds too', () => {
  const line =
    'Startup finished in 6.513s (firmware) + 901ms (loader) + 3.007s (kernel) + 12.5s (initrd) + 1min 2.345s (userspace) = 1min 25.2s'
  assert.deepEqual(parseBootSplit(line), {
    firmware: 6513,
    loader: 901,
    kernel: 3007,
    initrd: 12_500,
    userspace: 62_345,
  })
})

test('parts that the machine does not tell are left out', () => {
  assert.deepEqual(parseBootSplit('Startup finished in 3.0s (kernel) + 9.1s (userspace) = 12.1s'), {
    kernel: 3000,
    userspace: 9100,
  })
})

test('the kernel started where its promptest line says, and late lines do not count', () => {
  const lines = [
    { text: 'BdsDxe: starting Boot0002', atMs: 2000 },
    { text: '[    0.000000] Linux version 6.12', atMs: 3900 },
    { text: '[    0.400000] printk: legacy console [ttyS0] enabled', atMs: 3910 },
    { text: '[    1.000000] Run /init as init process', atMs: 4450 },
    { text: '[  OK  ] Reached target basic.target', atMs: 4460 },
  ]
  assert.equal(kernelStart(lines), 3450)
  assert.equal(kernelStart([{ text: 'no kernel', atMs: 1 }]), undefined)
})
