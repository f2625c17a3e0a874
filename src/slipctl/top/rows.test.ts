import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cellsOf, type Look, rowsOf } from './rows.ts'
import { fitted } from './screen.ts'

const one: Look = {
  id: 'a',
  name: 'web',
  status: 'Up 3 minutes (healthy)',
  restarts: 2,
  health: 'healthy',
  cpuNs: 1000,
  hostCpuNs: 100_000,
  processors: 4,
  memoryBytes: 3 * 1024 * 1024,
  memoryLimitBytes: undefined,
  receivedBytes: 1000,
  sentBytes: 0,
  processes: 5,
  atMs: 10_000,
}
const later: Look = { ...one, cpuNs: 6000, hostCpuNs: 120_000, receivedBytes: 5096, atMs: 12_000 }

describe('rows of slipctl top', () => {
  it('have rates since the look before, a processor counting 100', () => {
    const [row] = rowsOf([later], [one])
    assert.equal(row?.cpuPercent, 100)
    assert.equal(row?.receivedBytesPerSecond, 2048)
    assert.equal(row?.sentBytesPerSecond, 0)
  })

  it('have none at the first look, and after the container was started again', () => {
    assert.equal(rowsOf([one], [])[0]?.cpuPercent, undefined)
    assert.equal(rowsOf([{ ...later, cpuNs: 10 }], [one])[0]?.cpuPercent, undefined)
  })

  it('have the busiest first, then names in order', () => {
    const named = (name: string, cpuNs: number) => ({ ...later, id: name, name, cpuNs })
    const before = ['b', 'a', 'busy'].map((id) => ({ ...one, id }))
    const rows = rowsOf([named('b', 1000), named('a', 1000), named('busy', 2000)], before)
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['busy', 'a', 'b'],
    )
  })

  it('are shown with units, and a dash for what is not known', () => {
    assert.deepEqual(cellsOf(rowsOf([later], [one]))[1], [
      'web',
      '100.0 %',
      '3.0 MiB',
      '-',
      '2.0 KiB/s',
      '0 B/s',
      '5',
      '2',
      'healthy',
      'Up 3 minutes (healthy)',
    ])
  })

  it('are cut to the size of the terminal', () => {
    assert.equal(fitted('abcdef\ng\nh\n', 2, 3), 'abc\x1b[K\r\ng\x1b[K')
  })
})
