import { supervisorErrors } from '../errors/supervisor.ts'
import type { Endpoint } from '../supervisor/api/endpoint.ts'

/** The arguments after the verb, and where the supervisor listens. */
export type VerbContext = {
  readonly programArguments: readonly string[]
  readonly endpoint: Endpoint
}

/** A call that cannot be meant: exit status 2. */
export function usageError(problem: string): Error {
  return supervisorErrors.error('SLIPWAY_HOST_USAGE', { problem, program: 'slipctl' })
}
