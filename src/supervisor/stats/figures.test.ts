import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockFigures, cpuFigures, hostCpuNs, limitOf, networkFigures } from './figures.ts'

describe('the figures of a container', () => {
  it('of the processor come from cpu.stat, in nanoseconds', () => {
    const stat =
      'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 7\n'
    assert.deepEqual(cpuFigures(stat, 99), {
      totalNs: 30_000,
      userNs: 20_000,
      kernelNs: 10_000,
      periods: 4,
      throttledPeriods: 2,
      throttledNs: 7000,
      hostNs: 99,
    })
    assert.equal(cpuFigures('usage_usec 1\n', 0).periods, 0)
  })

  it('of the host are the time of all processors, guests not counted twice', () => {
    const stat = 'cpu  1 2 3 4 5 6 7 8 100 100\ncpu0 1 1 1 1 1 1 1 1 1 1\n'
    assert.equal(hostCpuNs(stat), 36 * 10_000_000)
  })

  it('of block devices come from io.stat, whatever columns it has', () => {
    assert.deepEqual(
      blockFigures('8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:16 wbytes=9\n7:0 \n'),
      [
        { major: 8, minor: 0, readBytes: 1, writtenBytes: 2 },
        { major: 253, minor: 16, readBytes: 0, writtenBytes: 9 },
        { major: 7, minor: 0, readBytes: 0, writtenBytes: 0 },
      ],
    )
  })

  it('of the network are those of its interfaces but the loopback', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:    1500      10    1    2    0     0          0         0      900       9    3    4    0     0       0          0
`
    assert.deepEqual(networkFigures(text), {
      eth0: {
        receivedBytes: 1500,
        receivedPackets: 10,
        receiveErrors: 1,
        receiveDropped: 2,
        sentBytes: 900,
        sentPackets: 9,
        sendErrors: 3,
        sendDropped: 4,
      },
    })
  })

  it('have no limit where the cgroup has none or does not count', () => {
    assert.equal(limitOf('max\n'), undefined)
    assert.equal(limitOf(undefined), undefined)
    assert.equal(limitOf('4096\n'), 4096)
  })
})
