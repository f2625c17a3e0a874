import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HostFacts, hostReport, hostText } from './report.ts'

const well: HostFacts = {
  name: 'web-1',
  supervisor: '1.2.3',
  updates: {
    image: 'metal',
    running: '1.2.3',
    summary: 'nothing newer',
    phase: { kind: 'idle' },
  },
  slot: { device: '/dev/vda2', freeDevice: '/dev/vda5' },
  disks: [{ path: '/', type: 61267, sizeBytes: 10e9, availableBytes: 4e9 }],
  memory: { totalBytes: 2e9, availableBytes: 500e6 },
  load: [0.5, 0.25, 0.125],
  uptimeSeconds: 7300,
  problems: [],
  failures: [],
  refusals: [],
  containers: [
    { name: 'a', state: 'running', isUnhealthy: false },
    { name: 'b', state: 'running', isUnhealthy: false },
    { name: 'c', state: 'exited', isUnhealthy: false },
  ],
}

describe('what slipctl host tells', () => {
  it('is one line for each thing', () => {
    assert.equal(
      hostText(hostReport(well)),
      `host         web-1, up 2 hours
release      metal 1.2.3
slot         /dev/vda2; free: /dev/vda5
updates      nothing newer
supervisor   1.2.3
health       well
containers   2 running, 1 exited
memory       500 MB of 2.0 GB free
load         0.50, 0.25, 0.13
disk /       4.0 GB of 10.0 GB free
`,
    )
  })

  it('says everything that is wrong', () => {
    const { health } = hostReport({
      ...well,
      problems: ['a.yaml:1:1: no'],
      failures: [
        { project: 'p', service: 's', step: 'pullImage', error: 'gone', retryAt: '2026-01-01' },
      ],
      refusals: [{ project: 'p', service: 'r', container: 'p-r-1', reason: 'it is unhealthy' }],
      containers: [{ name: 'a', state: 'running', isUnhealthy: true }],
      disks: [{ path: '/', type: 1, sizeBytes: 100, availableBytes: 4 }],
    })
    assert.deepEqual(health, {
      isWell: false,
      reasons: [
        'a.yaml:1:1: no',
        'p/s: gone',
        'p-r-1 was not replaced: it is unhealthy',
        'the container a is unhealthy',
        'the disk at / is nearly full',
      ],
    })
  })

  it('has no release where there are none', () => {
    const report = hostReport({ ...well, updates: null, slot: null })
    assert.deepEqual([report.release, report.slot, report.updates], [null, null, null])
    assert.match(hostText(report), /^release +none$/m)
  })
})
