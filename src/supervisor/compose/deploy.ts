import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import type { Limits, RestartPolicy } from '../containers/spec.ts'
import { parseDuration } from './duration.ts'
import { Fields } from './fields.ts'
import type { NodeReader } from './node-reader.ts'
import { parseCount, parseCpus, parseMemory, parsePids } from './quantities.ts'
import type { Service } from './service.ts'

/** What `deploy` says of a service. */
export type Deployment = Pick<Service, 'updateOrder' | 'updateMonitorMs'> & {
  readonly limits: Limits
  readonly replicas?: number
  readonly restart?: RestartPolicy
}

export const noDeployment: Deployment = { limits: {} }

/** More would exhaust a network before it served anybody. */
const mostReplicas = 100

export const deployKeys = [
  'replicas',
  'mode',
  'resources',
  'restart_policy',
  'update_config',
] as const

export const refusedInDeploy = {
  placement: 'there is one host: nothing is to be placed',
  endpoint_mode: 'there is no swarm: services are found by the addresses of their containers',
  rollback_config: 'the old container is kept until the new one is well, and comes back by itself',
  labels: 'they are for services of a swarm: write them under labels of the service',
} as const

export const updateKeys = ['order', 'monitor', 'failure_action'] as const

export const refusedInUpdates = {
  parallelism: 'each container of a service is replaced by itself',
  delay: 'a container is replaced as soon as its successor is well',
  max_failure_ratio: 'what fails does not take the place of what runs',
} as const

export const restartPolicyKeys = ['condition', 'max_attempts'] as const

export const refusedInRestartPolicies = {
  delay: 'a restart waits 100 ms, and twice as long each time',
  window: 'a run of 10 seconds begins the count anew',
} as const

export const limitsOfDeploy = ['memory', 'cpus', 'pids'] as const
export const reservationsOfDeploy = ['memory'] as const

export const refusedInReservations = {
  devices: 'the host has no drivers for them: name devices of /dev under devices of the service',
  generic_resources: 'there is no swarm that would count them',
  cpus: 'processors cannot be reserved on one host: give the others limits',
} as const

/** Reads `deploy`. */
export function readDeploy(reader: NodeReader, node: unknown, path: FieldPath): Deployment {
  const section = reader.section(node, path, deployKeys, refusedInDeploy)
  if (section === undefined) return noDeployment
  const fields = new Fields(reader, path, section)
  fields.parsed('mode', 'a mode', oneOf('replicated'))
  return {
    limits: fields.read('resources', readResources) ?? {},
    ...some('replicas', fields.parsed('replicas', 'a number', parseReplicas)),
    ...some('restart', fields.read('restart_policy', readRestartPolicy)),
    ...fields.read('update_config', readUpdate),
  }
}

/** How many containers a service has; throws a RangeError. */
export function parseReplicas(text: string): number {
  const replicas = Number(text)
  if (/^\d+$/.test(text) && replicas <= mostReplicas) return replicas
  throw new RangeError(`expected a number of containers from 0 to ${mostReplicas}, found "${text}"`)
}

function readResources(reader: NodeReader, node: unknown, path: FieldPath): Limits {
  const sections = reader.section(node, path, ['limits', 'reservations']) ?? {}
  const inside = (
    key: 'limits' | 'reservations',
    known: readonly ('memory' | 'cpus' | 'pids')[],
  ) => {
    const entry = sections[key]
    const inner = [...path, key]
    return new Fields(
      reader,
      inner,
      (entry && reader.section(entry.value, inner, known, refusedInReservations)) ?? {},
    )
  }
  const limits = inside('limits', limitsOfDeploy)
  const reservations = inside('reservations', reservationsOfDeploy)
  return {
    ...some('memoryBytes', limits.parsed('memory', 'a limit', parseMemory)),
    ...some('cpus', limits.parsed('cpus', 'a limit', parseCpus)),
    ...some('pids', limits.parsed('pids', 'a limit', parsePids)),
    ...some('memoryReservationBytes', reservations.parsed('memory', 'a size', parseMemory)),
  }
}

function readUpdate(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): Pick<Service, 'updateOrder' | 'updateMonitorMs'> {
  const fields = new Fields(
    reader,
    path,
    reader.section(node, path, updateKeys, refusedInUpdates) ?? {},
  )
  fields.parsed('failure_action', 'an action', oneOf('rollback'))
  return {
    ...some('updateOrder', fields.parsed('order', 'an order', oneOf('start-first', 'stop-first'))),
    ...some('updateMonitorMs', fields.parsed('monitor', 'a duration', parseDuration)),
  }
}

function readRestartPolicy(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): RestartPolicy | undefined {
  const section = reader.section(node, path, restartPolicyKeys, refusedInRestartPolicies)
  if (section === undefined) return undefined
  const fields = new Fields(reader, path, section)
  const condition = fields.parsed('condition', 'a condition', oneOf('none', 'on-failure', 'any'))
  const attempts = fields.parsed('max_attempts', 'a number', parseCount)
  if (attempts !== undefined && condition !== 'on-failure')
    fields.problem('max_attempts', 'only the condition on-failure has a number of attempts')
  if (condition === 'none') return { name: 'no', maximumRetryCount: 0 }
  if (condition !== 'on-failure') return { name: 'always', maximumRetryCount: 0 }
  return { name: 'on-failure', maximumRetryCount: attempts ?? 0 }
}

function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((name) => name === text)
    if (word !== undefined) return word
    throw new RangeError(`expected ${words.join(', ')}, found "${text}"`)
  }
}
