import type {
  ContainerMount,
  ContainerSpec,
  Limits,
  PortBinding,
  RestartPolicy,
} from '../containers/spec.ts'

/** What a Compose file declares, as typed values in Docker's terms. */
export type Project = {
  readonly name: string
  readonly file: string
  readonly services: readonly Service[]
}

export type Service = {
  readonly project: string
  readonly name: string
  readonly containerName: string
  readonly image: string
  /** Replaces the image's command; undefined keeps it. */
  readonly command?: readonly string[]
  /** Replaces the image's entry point and drops the image's command; undefined keeps both. */
  readonly entrypoint?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly ports: readonly PortBinding[]
  readonly mounts: readonly ContainerMount[]
  readonly restart: RestartPolicy
  /**
   * Services of the project that are started before this one and stopped after it; absent for none. A
   * container's record may have an older state of it: another order is no reason for another container.
   */
  readonly dependsOn?: readonly string[]
  /** Instead of the image's signal: a name such as `SIGTERM`, or a number. */
  readonly stopSignal?: string
  /** How long it may take to end after that signal; `defaultStopGraceMs` if absent. */
  readonly stopGracePeriodMs?: number
  readonly labels: Readonly<Record<string, string>>
  readonly limits: Limits
}

/** The container that a service asks for. */
export function specOfService(service: Service): ContainerSpec {
  const { environment, stopGracePeriodMs, ...same } = service
  const { project: _project, name: _name, containerName: _own, dependsOn: _order, ...rest } = same
  return {
    ...rest,
    environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(stopGracePeriodMs === undefined ? {} : { stopGraceMs: stopGracePeriodMs }),
  }
}
