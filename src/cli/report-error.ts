import { isSlipwayError } from '../errors/error.ts'

/** Prints why a command failed and what to do next; gives the exit status. */
export function reportError(error: unknown, json: boolean): number {
  if (!isSlipwayError(error)) {
    // Not foreseen: the stack is what helps.
    process.stderr.write(`slipway: ${error instanceof Error ? error.stack : String(error)}\n`)
    return 1
  }
  if (json) {
    const { code, message, next, details } = error
    process.stdout.write(`${JSON.stringify({ type: 'error', code, message, next, details })}\n`)
  }
  const next = error.next === undefined ? '' : `\n  ${error.next}`
  process.stderr.write(`slipway: ${error.message}${next}\n  [${error.code}]\n`)
  return error.exitStatus
}
