import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import {
  giveOrder,
  type Order,
  type OrderAnswer,
  orderWaits,
  takeAnswer,
  withdrawOrder,
} from './orders.ts'
import { agentPaths } from './paths.ts'
import { updateService } from './system-host.ts'

export type Agent = {
  /** The agent's folder below /run. */
  readonly run: string
  /** Has the agent take a turn, and waits for its end. */
  readonly takeTurn: () => Promise<unknown>
}

const systemAgent: Agent = {
  run: agentPaths.run,
  takeTurn: () => promisify(execFile)('systemctl', ['start', updateService]),
}

/** A turn that is under way may have looked for orders the last time already. */
const turns = 3

/**
 * Gives the agent an order and waits for its answer.
 *
 * Throws SLIPWAY_UPDATE_ORDER_NOT_TAKEN when none of its turns took the order, which is then taken back.
 */
export async function askAgent(order: Order, agent: Agent = systemAgent): Promise<OrderAnswer> {
  const { run } = agent
  const id = await giveOrder(order, run)
  let reason = 'its turns ended without an answer'
  for (let turn = 1; turn <= turns; turn += 1) {
    await agent.takeTurn().catch((error: unknown) => {
      // The order may have been carried out before the turn failed.
      reason = error instanceof Error ? error.message.trim() : String(error)
    })
    const answer = await takeAnswer(id, run)
    if (answer !== undefined) return answer
    if (!(await orderWaits(id, run))) break
  }
  await withdrawOrder(id, run)
  throw updateAgentErrors.error('SLIPWAY_UPDATE_ORDER_NOT_TAKEN', { reason })
}
