import assert from 'node:assert/strict'
import { test } from 'node:test'
import { optionProblems } from './options.ts'

test('good options have no problems', () => {
  const problems = optionProblems({
    boot: { from: 'firmware' },
    memoryMiB: 2048,
    cpus: 4,
    disks: [{ image: 'a.raw', serial: 'root' }, { sizeBytes: 1 << 30 }],
    forwards: [{ guestPort: 80 }, { protocol: 'udp', hostPort: 5353, guestPort: 53 }],
    fwCfg: { 'opt/com.coreos/config': { text: '{}' } },
  })
  assert.deepEqual(problems, [])
})

test('every mistake is named at once', () => {
  const problems = optionProblems({
    boot: { from: 'bios' },
    memoryMiB: 0.5,
    cpus: 0,
    network: 'none',
    disks: [{}, { image: 'a', serial: 'longer than twenty bytes' }, { sizeBytes: 1 }],
    forwards: [{ guestPort: 0, hostPort: 70_000, hostAddress: 'localhost' }],
    fwCfg: { [`opt/${'x'.repeat(60)}`]: { text: '' } },
  })
  assert.deepEqual(
    problems.map((problem) => problem.slice(0, problem.lastIndexOf(':', 30))),
    [
      ...['memoryMiB', 'cpus', 'disks[0]', 'disks[1]: serial', 'disks[2]: sizeBytes'],
      ...['forwards[0]: hostPort', 'forwards[0]: guestPort', 'forwards[0]: hostAddress'],
      ...['forwards', 'fwCfg'],
    ],
  )
})
