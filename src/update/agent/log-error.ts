import { isSlipwayError } from '../../errors/error.ts'
import type { AgentHost, Severity } from './host.ts'

/** What is kept of a failure, and told of it. */
export type Failure = { readonly message: string; readonly code?: string; readonly next?: string }

/** An error as it is kept; of what nobody foresaw there is no code. */
export function failureOf(error: unknown): Failure {
  if (!isSlipwayError(error))
    return { message: error instanceof Error ? error.message : String(error) }
  const { message, code, next } = error
  return { message, code, ...(next !== undefined && { next }) }
}

/** An error in the journal: with its code and what to do, or with its stack when nobody foresaw it. */
export function logError(
  log: AgentHost['log'],
  error: unknown,
  severity: Severity = 'error',
): void {
  if (!isSlipwayError(error)) {
    log(severity, error instanceof Error ? (error.stack ?? error.message) : String(error))
    return
  }
  const next = error.next === undefined ? '' : ` ${error.next}`
  log(severity, `${error.message} [${error.code}]${next}`)
}
