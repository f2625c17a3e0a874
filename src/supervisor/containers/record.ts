import { some } from '../../json/some.ts'
import { specOfService } from '../compose/service.ts'
import type { Container, Declared } from './container.ts'

type Common = Omit<Container, 'origin' | 'spec'>

/**
 * A container on disk. That of a declared one is as it was before there were others, so that a host
 * that goes back to an earlier release still reads it; its specification follows from the service.
 */
export type ContainerRecord =
  | (Common & Omit<Declared, 'kind'>)
  | (Common & Pick<Container, 'origin' | 'spec'>)

export function recordOf({ origin, spec, ...common }: Container): ContainerRecord {
  if (origin.kind === 'api') return { ...common, origin, spec }
  const { kind: _declared, ...declared } = origin
  return { ...common, ...declared }
}

export function containerOf(record: ContainerRecord): Container {
  if ('origin' in record) return record
  const { file, service, configHash, successor, holders, ...common } = record
  return {
    ...common,
    origin: {
      ...{ kind: 'declared', file, service, configHash },
      ...some('holders', holders),
      ...some('successor', successor),
    },
    spec: specOfService(service, holders),
  }
}
