import { defaultTimeouts, type Timeouts } from '../../http/connection.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../../http/retry.ts'

/** What a server may take of a host: time, bytes, patience. */
export type Limits = {
  readonly timeouts: Timeouts
  readonly retryPolicy: RetryPolicy
  /** A metadata file or a description, from request to last byte. */
  readonly smallFileMs: number
  /** A larger file has to bring this much in each period that is spent waiting for it. */
  readonly progress: { readonly bytes: number; readonly periodMs: number }
  readonly redirects: number
  readonly rootBytes: number
  readonly timestampBytes: number
  readonly snapshotBytes: number
  /** tuf-js takes a time that grows with the square of it: some seconds for this much. */
  readonly targetsBytes: number
  /** A channel's or a release's description. */
  readonly descriptionBytes: number
  /** New roots in one refresh. */
  readonly rootRotations: number
  /** How far the clock may be behind the time at which metadata was signed: clocks differ. */
  readonly clockToleranceMs: number
}

const KiB = 1024
const MiB = 1024 * KiB

export const defaultLimits: Limits = {
  timeouts: defaultTimeouts,
  retryPolicy: defaultRetryPolicy,
  smallFileMs: 120_000,
  progress: { bytes: 64 * KiB, periodMs: 60_000 },
  redirects: 5,
  rootBytes: 512 * KiB,
  timestampBytes: 16 * KiB,
  snapshotBytes: 64 * KiB,
  targetsBytes: MiB,
  descriptionBytes: MiB,
  rootRotations: 256,
  clockToleranceMs: 24 * 3600_000,
}
