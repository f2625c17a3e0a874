import type { ContainerSpec } from '../containers/spec.ts'
import type { SubnetRequest } from '../networks/subnets.ts'

/** What a Compose file declares, as typed values in Docker's terms. */
export type Project = {
  readonly name: string
  readonly file: string
  readonly services: readonly Service[]
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
}

/** A service: the specification of its container, and what Compose has beside it. */
export type Service = Omit<
  ContainerSpec,
  'environment' | 'stopGraceMs' | 'autoRemove' | 'attached'
> & {
  readonly project: string
  readonly name: string
  readonly containerName: string
  readonly environment: Readonly<Record<string, string>>
  /** In order; absent with a network mode, and in records from before there were networks. */
  readonly networks?: readonly ServiceNetwork[]
  /**
   * Services of the project that are started before this one and stopped after it; absent for none. A
   * container's record may have an older state of it: another order is no reason for another container.
   */
  readonly dependsOn?: readonly string[]
  /** What those are waited for that must be more than started; no reason for another container either. */
  readonly conditions?: Readonly<Record<string, Condition>>
  /** How long it may take to end after that signal; `defaultStopGraceMs` if absent. */
  readonly stopGracePeriodMs?: number
}

/** What a service waits for of another one, where that it was started is not enough. */
export type Condition = 'service_healthy' | 'service_completed_successfully'

/** The container that a service asks for. */
export function specOfService(service: Service): ContainerSpec {
  const { environment, stopGracePeriodMs, ...same } = service
  const { project: _project, name: _name, containerName: _own, ...more } = same
  const { dependsOn: _order, conditions: _conditions, networks: _places, ...rest } = more
  return {
    ...rest,
    environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(stopGracePeriodMs === undefined ? {} : { stopGraceMs: stopGracePeriodMs }),
  }
}
