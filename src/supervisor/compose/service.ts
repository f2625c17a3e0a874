import type { ContainerSpec } from '../containers/spec.ts'
import type { SubnetRequest } from '../networks/subnets.ts'
import { type DeclaredNamespaces, type Holders, withHolders } from './namespaces.ts'
import type { PullPolicy } from './pull-policy.ts'

/** What a Compose file declares, as typed values in Docker's terms. */
export type Project = {
  readonly name: string
  readonly file: string
  readonly services: readonly Service[]
  /** What is in the files that its services are given, by digest. */
  readonly contents?: ReadonlyMap<string, Buffer>
}

/** What a network is that a file declares. */
export type NetworkDefinition = {
  readonly internal: boolean
  readonly ipv6: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly subnets: readonly SubnetRequest[]
}

/** A service's place on a network, by the network's name on the host. */
export type ServiceNetwork = {
  readonly name: string
  /** Absent for a network that somebody else makes. */
  readonly definition?: NetworkDefinition
  readonly aliases: readonly string[]
  readonly ipv4?: string
  readonly ipv6?: string
  readonly mac?: string
}

/** A service: the specification of its container, and what Compose has beside it. */
export type Service = Omit<
  ContainerSpec,
  'environment' | 'stopGraceMs' | 'autoRemove' | 'attached' | 'namespaces'
> & {
  readonly project: string
  readonly name: string
  readonly containerName: string
  /** Which of several containers of the service it is, from 1; absent for the first. */
  readonly number?: number
  readonly environment: Readonly<Record<string, string>>
  readonly namespaces?: DeclaredNamespaces
  /** In order; absent with a network mode, and in records from before there were networks. */
  readonly networks?: readonly ServiceNetwork[]
  /**
   * Services of the project that are started before this one and stopped after it; absent for none. A
   * container's record may have an older state of it: another order is no reason for another container.
   */
  readonly dependsOn?: readonly string[]
  /** What those are waited for that must be more than started; no reason for another container either. */
  readonly conditions?: Readonly<Record<string, Condition>>
  /** Those of `dependsOn` after whose replacement this one is restarted; no reason for another container. */
  readonly restartWith?: readonly string[]
  /** As usual if absent: a registry is asked for an image that is not here. No reason for another container. */
  readonly pullPolicy?: PullPolicy
  /** Whether its next container is started before this one is stopped; as `replacementOrder` finds if absent. */
  readonly updateOrder?: 'start-first' | 'stop-first'
  /** How long a new container without a health check has to run before it takes the place of the old one. */
  readonly updateMonitorMs?: number
  /** How long it may take to end after that signal; `defaultStopGraceMs` if absent. */
  readonly stopGracePeriodMs?: number
}

/** What a service waits for of another one, where that it was started is not enough. */
export type Condition = 'service_healthy' | 'service_completed_successfully'

/** The container that a service asks for, which shares namespaces with those of `holders`. */
export function specOfService(service: Service, holders: Holders = {}): ContainerSpec {
  const { environment, stopGracePeriodMs, ...same } = service
  const { project: _project, name: _name, containerName: _own, number: _number, ...more } = same
  const { dependsOn: _order, conditions: _conditions, restartWith: _restarts, ...less } = more
  const { networks: _places, updateOrder: _how, updateMonitorMs: _until, ...further } = less
  const { namespaces: declared, pullPolicy: _when, ...rest } = further
  return {
    ...rest,
    ...(declared === undefined ? {} : { namespaces: withHolders(declared, holders) }),
    environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(stopGracePeriodMs === undefined ? {} : { stopGraceMs: stopGracePeriodMs }),
  }
}
