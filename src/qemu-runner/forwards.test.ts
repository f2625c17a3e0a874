import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveForwards } from './forwards.ts'

const usernet = [
  'Hub -1 (net0):',
  '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
  '  TCP[ESTABLISHED]   12       10.0.2.15 40000       127.0.0.1    80     0     0',
  '  TCP[HOST_FORWARD]  10       127.0.0.1 38599       10.0.2.15    80     0     0',
  '  TCP[HOST_FORWARD]   4       127.0.0.1  8443       10.0.2.15   443     0     0',
  '  UDP[HOST_FORWARD]   9       127.0.0.1 37221       10.0.2.15    80     0     0',
  '',
].join('\r\n')

const forward = (protocol: 'tcp' | 'udp', hostPort: number, guestPort: number) => ({
  protocol,
  hostAddress: '127.0.0.1',
  hostPort,
  guestPort,
})

test('picked ports are found by protocol and guest port, fixed ones stay', () => {
  assert.deepEqual(
    resolveForwards(
      [forward('udp', 0, 80), forward('tcp', 0, 80), forward('tcp', 8443, 443)],
      usernet,
    ),
    [forward('udp', 37221, 80), forward('tcp', 38599, 80), forward('tcp', 8443, 443)],
  )
})

test('a forward that QEMU does not list makes the answer unusable', () => {
  assert.equal(resolveForwards([forward('tcp', 0, 80), forward('tcp', 0, 80)], usernet), undefined)
})
