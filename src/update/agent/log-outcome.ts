import type { SlipwayError } from '../../errors/error.ts'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import type { UpdateState } from '../state/state.ts'
import type { AgentHost } from './host.ts'
import { logError } from './log-error.ts'

/** Tells the journal how the update ended that a start brought to its end, if it did. */
export function logOutcome(before: UpdateState, after: UpdateState, log: AgentHost['log']): void {
  const past = after.history.at(-1)
  if (past === undefined || past === before.history.at(-1)) return
  const { from, version, result, reason = 'nobody said why' } = past
  switch (result) {
    case 'updated':
      log('notice', `The host was updated from ${from} to ${version}.`)
      return
    case 'rolled-back':
      logError(log, rolledBackError(before, after))
      return
    case 'returned':
      log('notice', `The host went back from ${from} to ${version}: ${reason}`)
      return
    case 'dropped':
    case 'failed':
      log('warning', `The way from ${from} to ${version} ended: ${reason}`)
  }
}

/** What there is to say of a release that a start found to be left, if that is how an update ended. */
export function rolledBackError(before: UpdateState, after: UpdateState): SlipwayError | undefined {
  const past = after.history.at(-1)
  if (past === undefined || past === before.history.at(-1) || past.result !== 'rolled-back') return
  const { from, version, reason = 'nobody said why' } = past
  return updateAgentErrors.error('SLIPWAY_UPDATE_ROLLED_BACK', { version, from, reason })
}
