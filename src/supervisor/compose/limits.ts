import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import type { Limits } from '../containers/spec.ts'
import { Fields } from './fields.ts'
import type { NodeReader } from './node-reader.ts'
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
  'deploy',
] as const

/** The limits of a service; its own keys win over those of `deploy`. */
export function readLimits(fields: Fields<(typeof limitsKeys)[number]>): Limits {
  return {
    ...fields.read('deploy', readDeploy),
    ...some('memoryBytes', fields.parsed('mem_limit', 'a limit', parseMemory)),
    ...some('memorySwapBytes', fields.parsed('memswap_limit', 'a limit', parseMemorySwap)),
    ...some('memoryReservationBytes', fields.parsed('mem_reservation', 'a size', parseMemory)),
    ...some('cpus', fields.parsed('cpus', 'a limit', parseCpus)),
    ...some('cpuShares', fields.parsed('cpu_shares', 'a number', parseCount)),
    ...some('cpuQuota', fields.parsed('cpu_quota', 'microseconds', parseCount)),
    ...some('cpuPeriod', fields.parsed('cpu_period', 'microseconds', parseCount)),
    ...some('cpusetCpus', fields.parsed('cpuset', 'processors', parseNumberSet)),
    ...some('pids', fields.parsed('pids_limit', 'a limit', parsePids)),
  }
}

function readDeploy(reader: NodeReader, node: unknown, path: FieldPath): Limits {
  const resources = reader.section(node, path, ['resources'])?.resources
  if (resources === undefined) return {}
  const at = [...path, 'resources']
  const sections = reader.section(resources.value, at, ['limits', 'reservations']) ?? {}
  const inside = (
    key: 'limits' | 'reservations',
    known: readonly ('memory' | 'cpus' | 'pids')[],
  ) => {
    const entry = sections[key]
    const inner = [...at, key]
    return new Fields(reader, inner, (entry && reader.section(entry.value, inner, known)) ?? {})
  }
  const limits = inside('limits', ['memory', 'cpus', 'pids'])
  const reservations = inside('reservations', ['memory'])
  return {
    ...some('memoryBytes', limits.parsed('memory', 'a limit', parseMemory)),
    ...some('cpus', limits.parsed('cpus', 'a limit', parseCpus)),
    ...some('pids', limits.parsed('pids', 'a limit', parsePids)),
    ...some('memoryReservationBytes', reservations.parsed('memory', 'a size', parseMemory)),
  }
}
