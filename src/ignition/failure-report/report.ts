import { isSlipwayError, SlipwayError } from '../../errors/error.ts'
import type { Problem } from '../../ignition-schema/index.ts'
import { PlacedError } from '../placed-error.ts'
import { RefusedError } from '../refusal.ts'

/** What an address is told of a host that was not provisioned. It has no contents of files, passwords or keys. */
export type FailureReport = {
  readonly formatVersion: 1
  readonly result: 'failed'
  /** Of Slipway. */
  readonly version: string
  readonly platform: string
  readonly stage: string
  /** ISO 8601, UTC. */
  readonly time: string
  /** What the kernel calls this boot. */
  readonly bootId?: string
  /** Of the error catalogue, where the failure is one of it. */
  readonly code?: string
  readonly message: string
  /** What to do about it. */
  readonly next?: string
  /** What is wrong with the config, in the order of its lines. */
  readonly problems: readonly Problem[]
}

export type FailureSetting = Pick<
  FailureReport,
  'version' | 'platform' | 'stage' | 'time' | 'bootId'
>

export function failureReport(error: unknown, setting: FailureSetting): FailureReport {
  const message = error instanceof Error ? error.message : String(error)
  return {
    formatVersion: 1,
    result: 'failed',
    ...setting,
    ...(error instanceof SlipwayError && { code: error.code }),
    message,
    ...(isSlipwayError(error) && error.next !== undefined && { next: error.next }),
    problems: problemsOf(error),
  }
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof RefusedError) return error.problems
  return error instanceof PlacedError ? [error.problem] : []
}
