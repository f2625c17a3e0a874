import { some } from '../../json/some.ts'
import type { Limits } from '../containers/spec.ts'
import type { Fields } from './fields.ts'
import { readIoLimits } from './io-limits.ts'
import {
  parseCount,
  parseCpus,
  parseMemory,
  parseMemorySwap,
  parseNumberSet,
  parsePids,
} from './quantities.ts'

/** What a container may use of the host. */
export const limitsKeys = [
  'mem_limit',
  'memswap_limit',
  'mem_reservation',
  'cpus',
  'cpu_shares',
  'cpu_quota',
  'cpu_period',
  'cpuset',
  'pids_limit',
  'blkio_config',
] as const

/** The limits that a service's own keys say. */
export function readLimits(fields: Fields<(typeof limitsKeys)[number]>): Limits {
  return {
    ...some('memoryBytes', fields.parsed('mem_limit', 'a limit', parseMemory)),
    ...some('memorySwapBytes', fields.parsed('memswap_limit', 'a limit', parseMemorySwap)),
    ...some('memoryReservationBytes', fields.parsed('mem_reservation', 'a size', parseMemory)),
    ...some('cpus', fields.parsed('cpus', 'a limit', parseCpus)),
    ...some('cpuShares', fields.parsed('cpu_shares', 'a number', parseCount)),
    ...some('cpuQuota', fields.parsed('cpu_quota', 'microseconds', parseCount)),
    ...some('cpuPeriod', fields.parsed('cpu_period', 'microseconds', parseCount)),
    ...some('cpusetCpus', fields.parsed('cpuset', 'processors', parseNumberSet)),
    ...some('pids', fields.parsed('pids_limit', 'a limit', parsePids)),
    ...fields.read('blkio_config', readIoLimits),
  }
}
