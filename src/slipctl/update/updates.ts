import { boolean, object, optional, text } from '../../json/value.ts'
import { getJson, postJson } from '../../supervisor/api/client.ts'
import type { Endpoint } from '../../supervisor/api/endpoint.ts'
import { askAgent } from '../../update/agent/ask-agent.ts'
import type { Order, OrderAnswer } from '../../update/agent/orders.ts'
import { agentPaths } from '../../update/agent/paths.ts'
import { type Progress, readProgress } from '../../update/agent/progress-file.ts'
import { readUpdateStatus } from '../../update/status/sources.ts'
import type { UpdateStatus } from '../../update/status/status-of.ts'

/** What updates a host. */
export type Updates = {
  /** Throws SLIPWAY_UPDATE_RUNNING_UNKNOWN, SLIPWAY_UPDATE_STATE_DAMAGED, SLIPWAY_UPDATE_STATE_NEWER. */
  status(): Promise<UpdateStatus>
  /** Throws SLIPWAY_UPDATE_ORDER_NOT_TAKEN. */
  order(order: Order): Promise<OrderAnswer>
  /** Of a turn that is under way on this host. */
  readonly progress?: () => Progress | undefined
}

/** The updates of this host need no supervisor; those of another are reached by its API. */
export function updatesOf(endpoint: Endpoint): Updates {
  return typeof endpoint === 'string' ? ofThisHost : ofHostAt(endpoint)
}

const ofThisHost: Updates = {
  status: readUpdateStatus,
  order: askAgent,
  progress: () => readProgress(agentPaths.run),
}

function ofHostAt(endpoint: Endpoint): Updates {
  return {
    status: async () => (await getJson(endpoint, '/slipway/update')) as UpdateStatus,
    order: async (order) => answerFromJson(await postJson(endpoint, '/slipway/update', order)),
  }
}

function answerFromJson(value: unknown): OrderAnswer {
  const { ok, message, code, next } = object(value, 'the answer')
  const more = { code: optional(code, 'code', text), next: optional(next, 'next', text) }
  return {
    ok: boolean(ok, 'ok'),
    message: text(message, 'message'),
    ...(more.code !== undefined && { code: more.code }),
    ...(more.next !== undefined && { next: more.next }),
  }
}
