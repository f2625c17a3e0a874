import type { Service } from '../compose/service.ts'
import type { ContainerDefaults } from '../images/types.ts'

/** A container as the supervisor keeps it: what it was made from, and what became of it. */
export type Container = {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly name: string
  readonly createdAt: string
  /** The Compose file that declared it. */
  readonly file: string
  /** What declared it; a container of another hash is replaced. */
  readonly service: Service
  readonly configHash: string
  readonly image: ContainerImage
  readonly network: ContainerNetwork
  readonly state: ContainerState
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

export type ContainerNetwork = { readonly ipAddress: string }

export type ContainerState = {
  readonly status: 'created' | 'running' | 'exited'
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
