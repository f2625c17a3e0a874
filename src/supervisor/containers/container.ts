import type { Holders } from '../compose/namespaces.ts'
import type { Service } from '../compose/service.ts'
import type { HealthStatus } from '../health/health.ts'
import type { ContainerDefaults } from '../images/types.ts'
import type { Endpoint } from '../networks/endpoint.ts'
import type { IdMapping } from '../user-namespaces/id-mapping.ts'
import type { ContainerSpec, PortBinding } from './spec.ts'

/** A container as the supervisor keeps it: what it was made from, and what became of it. */
export type Container = {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly origin: Origin
  readonly spec: ContainerSpec
  readonly image: ContainerImage
  readonly network: ContainerNetwork
  /** What its ids are on the host; they are the host's own if absent. It keeps what it was made with. */
  readonly userNamespace?: IdMapping
  readonly state: ContainerState
}

/** Who wants a container to be there. */
export type Origin = Declared | { readonly kind: 'api' }

/** A service of a Compose file: its container is made, replaced and removed as the file says. */
export type Declared = {
  readonly kind: 'declared'
  /** The Compose file that declared it. */
  readonly file: string
  /** What declared it; a container of another hash is replaced. */
  readonly service: Service
  readonly configHash: string
  /** Whom it shares namespaces with; absent for nobody. */
  readonly holders?: Holders
  /**
   * It was made to take the place of another: `on-trial` until it is known to be well, `proven` until
   * the other is gone and it has its name.
   */
  readonly successor?: 'on-trial' | 'proven'
}

/** A declaration whose container failed in the place of another. */
export type Refusal = {
  readonly configHash: string
  /** What it was made of, by its id. */
  readonly image?: string
  readonly reason: string
  readonly at: string
}

/** The image at the time of creation: the container keeps it whatever the tag means later. */
export type ContainerImage = {
  readonly reference: string
  readonly manifestDigest: string
  readonly configDigest: string
  /** What the image says about running it. */
  readonly config: ContainerDefaults
  /** Unpacked layers, bottom first. */
  readonly layers: readonly string[]
}

/** Where it is on which networks; see `endpointsOf`. */
export type ContainerNetwork = {
  /** Its first address; empty for a container that is on no network. */
  readonly ipAddress: string
  /** Absent in records from before there were networks beside the default bridge. */
  readonly endpoints?: readonly Endpoint[]
}

export type ContainerState = {
  readonly status: 'created' | 'running' | 'exited'
  /** Of a running one: its processes are frozen. */
  readonly paused?: boolean
  /** They are only while its files are read: whoever comes after a crash lets them go on. */
  readonly frozenForNow?: boolean
  /** Somebody stopped it: its restart policy says nothing until it is started again. */
  readonly stopped?: boolean
  /** It was stopped to make place for its successor: its restart policy says nothing until it is started again. */
  readonly setAside?: boolean
  /** It was stopped because it was unhealthy: it is started again whatever its restart policy says. */
  readonly unhealthy?: boolean
  /** Of a declared one: what was to take its place and failed. */
  readonly refused?: Refusal
  /** Of a declared one that took the place of another: when. */
  readonly inPlaceSince?: string
  /** How often it was started; names the scope of each run. */
  readonly starts: number
  /** How often its restart policy started it again. */
  readonly restartCount: number
  /** The delay before its last restart; 0 if its last start was none. */
  readonly backoffMs: number
  readonly exitCode: number
  readonly oomKilled: boolean
  /** Why the last start failed; empty when it did not. */
  readonly error: string
  readonly startedAt?: string
  readonly finishedAt?: string
  /** The boot in which it was last started. */
  readonly bootId?: string
  /** The container's first process, while it is created or runs. */
  readonly process?: ProcessIdentity
  /** How its health check found it last; while it runs. */
  readonly health?: HealthStatus
  /** Its published ports with the host's ports that were chosen; while it runs. */
  readonly ports?: readonly PortBinding[]
  /** Limits that this kernel could not apply, for people to read. */
  readonly warnings: readonly string[]
}

/** A process id with its start time, so that a number in use again is not mistaken for it. */
export type ProcessIdentity = {
  readonly pid: number
  /** Clock ticks since boot, from /proc/PID/stat. */
  readonly startTime: string
}

export const neverStarted: ContainerState = {
  status: 'created',
  starts: 0,
  restartCount: 0,
  backoffMs: 0,
  exitCode: 0,
  oomKilled: false,
  error: '',
  warnings: [],
}
