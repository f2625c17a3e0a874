import type { IoLimits } from './io-limits.ts'

/**
 * What a container is made from, whoever asked for it: a Compose file or a client of the API. Kept in
 * the record of a container of the API, so a field that is added later is optional.
 */
export type ContainerSpec = {
  /** The image as it was asked for. */
  readonly image: string
  /** Replaces the image's command; undefined keeps it. */
  readonly command?: readonly string[]
  /** Replaces the image's entry point and drops the image's command; undefined keeps both. */
  readonly entrypoint?: readonly string[]
  /** `NAME=value` in order, after the image's; a `NAME` alone takes the image's variable away. */
  readonly environment: readonly string[]
  /** Its own, without the image's. */
  readonly labels: Readonly<Record<string, string>>
  readonly ports: readonly PortBinding[]
  /** Ports such as `80/tcp` that it says to serve, whether published or not. */
  readonly exposedPorts?: readonly string[]
  readonly mounts: readonly ContainerMount[]
  readonly restart: RestartPolicy
  /** It is removed when it ends. */
  readonly autoRemove?: boolean
  readonly limits: Limits
  /** Instead of the image's signal: a name such as `SIGTERM`, or a number. */
  readonly stopSignal?: string
  /** How long it may take to end after that signal; `defaultStopGraceMs` if absent. */
  readonly stopGraceMs?: number
  /** `user[:group]` instead of the image's. */
  readonly user?: string
  readonly additionalGroups?: readonly string[]
  readonly workingDirectory?: string
  /** Its short id if absent. */
  readonly hostname?: string
  readonly domainname?: string
  readonly terminal?: boolean
  /** Its first process is one that reaps orphans and passes signals on. */
  readonly init?: boolean
  readonly stdin?: Stdin
  /** What whoever made it was attached to; only shown. */
  readonly attached?: readonly ('stdin' | 'stdout' | 'stderr')[]
  readonly healthcheck?: Healthcheck
  readonly log?: ContainerLog
  readonly namespaces?: Namespaces
  readonly security?: Security
  readonly dns?: NameService
  /** `NAME:ADDRESS` lines of /etc/hosts. */
  readonly extraHosts?: readonly string[]
  /** Of whom it has the mounts that are `inherited`, as it was asked for. */
  readonly volumesFrom?: readonly string[]
  /** Mount options by absolute target. */
  readonly tmpfs?: Readonly<Record<string, string>>
  readonly ulimits?: readonly Ulimit[]
  readonly sysctls?: Readonly<Record<string, string>>
  readonly sharedMemoryBytes?: number
  readonly devices?: readonly Device[]
  readonly oomScoreAdjustment?: number
  /** Configs and secrets. */
  readonly files?: readonly ContainerFile[]
  /** What the runtime is told beside. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** A file that a container is given, to read. Its content is kept beside the record, not in it. */
export type ContainerFile = {
  readonly target: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
  /** SHA-256 of its content. */
  readonly digest: string
}

/** What a container gets to end in that asks for nothing else; as Docker's. */
export const defaultStopGraceMs = 10_000

export type PortBinding = {
  /** `0.0.0.0` publishes on every IPv4 address of the host. */
  readonly hostIp: string
  /** 0 has a free port chosen at each start. */
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}

export type ContainerMount = {
  readonly type: 'bind' | 'volume'
  /** A path of the host for a bind mount, a volume's full name for a volume. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly readOnly: boolean
  readonly propagation: Propagation
  /** A bind mount's source is made, as a directory, when it does not exist. */
  readonly create?: boolean
  /** A volume without a name of its own, which goes with the container when asked. */
  readonly anonymous?: boolean
  /** What a volume is labelled with that this mount makes. */
  readonly labels?: Readonly<Record<string, string>>
  /** It is there because another container had it when this one was made. */
  readonly inherited?: boolean
  /** A new volume stays empty instead of beginning with what the image has at its target. */
  readonly noCopy?: boolean
}

export const propagations = ['rprivate', 'private', 'rslave', 'slave', 'rshared', 'shared'] as const
export type Propagation = (typeof propagations)[number]

export type RestartPolicy = {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  /** For `on-failure`: how often at most; 0 is without limit. */
  readonly maximumRetryCount: number
}

export type Limits = IoLimits & {
  readonly memoryBytes?: number
  /** Memory and swap together; -1 is without limit. */
  readonly memorySwapBytes?: number
  readonly memoryReservationBytes?: number
  /** In processors: 0.5 is half of one. */
  readonly cpus?: number
  /** Microseconds of each period, and the period; instead of `cpus`. */
  readonly cpuQuota?: number
  readonly cpuPeriod?: number
  /** Relative weight as in cgroup v1: 1024 is usual. */
  readonly cpuShares?: number
  /** Processors by number, such as `0-1`, and memory nodes. */
  readonly cpusetCpus?: string
  readonly cpusetMems?: string
  readonly pids?: number
}

/** A container's own health check in Docker's fields; what it leaves out is the image's. */
export type Healthcheck = {
  readonly Test?: readonly string[]
  /** Nanoseconds, as Docker writes it. */
  readonly Interval?: number
  /** Nanoseconds. */
  readonly Timeout?: number
  /** Nanoseconds. */
  readonly StartPeriod?: number
  /** Nanoseconds. */
  readonly StartInterval?: number
  readonly Retries?: number
}

/** `once`: it ends with the first client that was attached to it. */
export type Stdin = { readonly once: boolean }

export type ContainerLog = {
  /** Docker's names: `json-file` is a file of the host's own format. */
  readonly driver: 'json-file' | 'journald' | 'none'
  /** The file begins anew at this size; absent for never. */
  readonly maximumBytes?: number
  /** How many files are kept, with the one that is being written; one if absent. */
  readonly maximumFiles?: number
  /** Labels and variables that are shown as details of each line. */
  readonly labels?: readonly string[]
  readonly variables?: readonly string[]
  /** What its lines are called in the journal, as `parseTag` takes it; the container's name if absent. */
  readonly tag?: string
}

/**
 * `container:<id>` shares that of another container. A new network namespace is connected to the bridge,
 * to nothing, or to `network:<name>` first, as the network was asked for.
 */
export type Namespaces = {
  readonly network: 'bridge' | 'none' | 'host' | `container:${string}` | `network:${string}`
  readonly pid?: 'host' | `container:${string}`
  readonly ipc?: 'private' | 'host' | 'none' | 'shareable' | `container:${string}`
  readonly uts?: 'host'
  readonly cgroup?: 'private' | 'host'
  /** Its users are the host's, whatever the settings say. */
  readonly user?: 'host'
}

export type Security = {
  /** All capabilities and devices, no seccomp filter and no AppArmor profile that was not asked for. */
  readonly privileged: boolean
  readonly readOnlyRoot: boolean
  /** Such as `CAP_CHOWN`; `ALL` is every one. */
  readonly addCapabilities: readonly string[]
  readonly dropCapabilities: readonly string[]
  readonly noNewPrivileges: boolean
  /** Or a profile of its own, the JSON of Docker's format. */
  readonly seccomp: 'default' | 'unconfined' | { readonly profile: string }
  /** The name of an AppArmor profile, or `unconfined`; the usual one if absent. */
  readonly apparmor?: string
  /** Instead of the usual ones. */
  readonly maskedPaths?: readonly string[]
  readonly readOnlyPaths?: readonly string[]
}

export type NameService = {
  readonly servers: readonly string[]
  readonly search: readonly string[]
  readonly options: readonly string[]
}

/** A resource limit of getrlimit(2) by its name in lower case, such as `nofile`. */
export type Ulimit = { readonly name: string; readonly soft: number; readonly hard: number }

export type Device = {
  readonly hostPath: string
  readonly containerPath: string
  /** Of `r`, `w` and `m`. */
  readonly access: string
}
