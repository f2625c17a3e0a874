import type { Timeouts } from '../../http/connection.ts'
import type { RetryPolicy } from '../../http/retry.ts'
import type { ImagePolicy } from '../image-policy/policy.ts'
import type { StoreLimits } from './limits.ts'
import type { Platform } from './platform.ts'
import type { Credentials, PullProgress, PushProgress, RegistrySettings } from './types.ts'

export type ImageStoreOptions = {
  /** Belongs to this store alone, and to one process at a time. */
  readonly directory: string
  readonly registries: RegistrySettings
  /** Which images may be used; all unless told. */
  readonly policy?: ImagePolicy
  /** The path of GNU tar. */
  readonly tar?: string
  /** The path of coreutils' sync. */
  readonly sync?: string
  /** Layers that are downloaded at a time. */
  readonly downloads?: number
  /** From which size on what has come of a layer is kept when its download ends early. */
  readonly partialFromBytes?: number
  readonly platform?: Platform
  readonly limits?: Partial<StoreLimits>
  readonly timeouts?: Partial<Timeouts>
  readonly retries?: Partial<RetryPolicy>
}

export type PullOptions = {
  /** Of the image; this machine's unless told. */
  readonly platform?: Platform
  /** For the reference's registry, instead of what the settings say. */
  readonly credentials?: Credentials
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: PullProgress) => void
}

export type PushOptions = {
  readonly credentials?: Credentials
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: PushProgress) => void
}

/** What a collection spares. */
export type Keep = {
  /** Images to keep, as references; all if undefined. */
  readonly references?: Iterable<string>
  /** Diff IDs of layers in use, for example by containers whose image was replaced. */
  readonly layers?: Iterable<string>
}
