import { some } from '../../../json/some.ts'
import { type IoLimits, isWeight } from '../../containers/io-limits.ts'
import type { Limits } from '../../containers/spec.ts'
import { type Fields, invalid } from '../fields.ts'

/** Docker's smallest limit. */
const leastMemoryBytes = 6 * 1024 * 1024

/** The limits of a HostConfig or of an update. Throws SLIPWAY_ENGINE_INVALID. */
export function limitsOf(host: Fields): Limits {
  const memoryBytes = host.count('Memory')
  const swap = host.number('MemorySwap')
  const nanoCpus = host.count('NanoCpus')
  const cpuQuota = host.number('CpuQuota')
  const pids = host.number('PidsLimit')
  host.refuse('KernelMemory', 'cgroup v2 has no such limit')
  host.refuse('KernelMemoryTCP', 'cgroup v2 has no such limit')
  const swappiness = host.raw('MemorySwappiness')
  if (typeof swappiness === 'number' && swappiness !== -1)
    throw invalid('MemorySwappiness is not supported: cgroup v2 has no such setting')
  if (memoryBytes !== undefined && memoryBytes < leastMemoryBytes)
    throw invalid('Minimum memory limit allowed is 6MB')
  if (swap !== undefined && swap > 0 && memoryBytes === undefined)
    throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage')
  if (swap !== undefined && swap > 0 && swap < (memoryBytes ?? 0))
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage')
  if (nanoCpus !== undefined && cpuQuota !== undefined)
    throw invalid('Conflicting options: Nano CPUs and CPU Period cannot both be set')
  return {
    ...some('memoryBytes', memoryBytes),
    ...some('memorySwapBytes', swap),
    ...some('memoryReservationBytes', host.count('MemoryReservation')),
    ...some('cpus', nanoCpus === undefined ? undefined : nanoCpus / 1e9),
    ...some('cpuQuota', cpuQuota),
    ...some('cpuPeriod', host.count('CpuPeriod')),
    ...some('cpuShares', host.count('CpuShares')),
    ...some('cpusetCpus', host.text('CpusetCpus')),
    ...some('cpusetMems', host.text('CpusetMems')),
    // -1 and 0 are without limit.
    ...some('pids', pids !== undefined && pids > 0 ? pids : undefined),
    ...ioLimitsOf(host),
  }
}

function ioLimitsOf(host: Fields): IoLimits {
  const ioWeight = host.count('BlkioWeight')
  if (ioWeight !== undefined && !isWeight(ioWeight))
    throw invalid('Range of blkio weight is from 10 to 1000')
  const list = (key: string, field: 'Weight' | 'Rate') => {
    const limits = host.objects(key).map((fields) => {
      const path = fields.text('Path') ?? ''
      const value = fields.count(field) ?? 0
      if (field === 'Weight' && !isWeight(value))
        throw invalid(`Range of blkio weight of ${path} is from 10 to 1000`)
      return { path, value }
    })
    return limits.length === 0 ? undefined : limits
  }
  return {
    ...some('ioWeight', ioWeight),
    ...some('ioWeights', list('BlkioWeightDevice', 'Weight')),
    ...some('ioReadBytes', list('BlkioDeviceReadBps', 'Rate')),
    ...some('ioWriteBytes', list('BlkioDeviceWriteBps', 'Rate')),
    ...some('ioReads', list('BlkioDeviceReadIOps', 'Rate')),
    ...some('ioWrites', list('BlkioDeviceWriteIOps', 'Rate')),
  }
}
