import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockIoOf, deviceNumber, disksOf, hasIoLimits } from './io-resources.ts'
import { resourcesOf } from './resources.ts'

describe('limits of disks', () => {
  const vda = { major: 254, minor: 0 }

  it('are told to the runtime by the numbers of the disks', () => {
    const limits = {
      ioWeight: 300,
      ioWeights: [{ path: '/dev/vda', value: 10 }],
      ioReadBytes: [{ path: '/dev/vda', value: 1024 }],
      ioWrites: [
        { path: '/dev/vda', value: 100 },
        { path: '/dev/gone', value: 100 },
      ],
    }
    assert.deepEqual(blockIoOf(limits, new Map([['/dev/vda', vda]])), {
      weight: 300,
      weightDevice: [{ ...vda, weight: 10 }],
      throttleReadBpsDevice: [{ ...vda, rate: 1024 }],
      throttleWriteIOPSDevice: [{ ...vda, rate: 100 }],
    })
  })

  it('are a warning where the kernel cannot apply them, and nothing where there are none', () => {
    const limits = { ioReadBytes: [{ path: '/dev/vda', value: 1 }] }
    const { resources, warnings } = resourcesOf(limits, { controllers: new Set(['memory']) })
    assert.equal(resources.blockIO, undefined)
    assert.match(warnings.join('\n'), /the limit of disks is not applied: .*"io"/)
    assert.equal(hasIoLimits({}), false)
    assert.deepEqual(resourcesOf({}, { controllers: new Set() }).warnings, [])
  })

  it('are for block devices that are there', async () => {
    for (const path of ['/dev/nosuch', '/dev/null'])
      await assert.rejects(disksOf({ ioReads: [{ path, value: 1 }] }), {
        code: 'SLIPWAY_SUPERVISOR_DISK_MISSING',
      })
  })

  it('know a device by both parts of its number, large ones too', () => {
    assert.deepEqual(deviceNumber(0xfe00), vda)
    assert.deepEqual(deviceNumber(0x12345678), { major: 0x456, minor: 0x12378 })
  })
})
