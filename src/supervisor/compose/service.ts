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
  readonly mounts: readonly ServiceMount[]
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

/** What a container gets to end in that asks for nothing else; as Docker's. */
export const defaultStopGraceMs = 10_000

export type PortBinding = {
  /** `0.0.0.0` publishes on every IPv4 address of the host. */
  readonly hostIp: string
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}

export type ServiceMount = {
  readonly type: 'bind' | 'volume'
  /** A path of the host for a bind mount, the volume's full name (`project_name`) for a volume. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly readOnly: boolean
  readonly propagation: Propagation
}

export const propagations = ['rprivate', 'private', 'rslave', 'slave', 'rshared', 'shared'] as const
export type Propagation = (typeof propagations)[number]

export type RestartPolicy = {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  /** For `on-failure`: how often at most; 0 is without limit. */
  readonly maximumRetryCount: number
}

export type Limits = {
  readonly memoryBytes?: number
  /** In processors: 0.5 is half of one. */
  readonly cpus?: number
  readonly pids?: number
}
