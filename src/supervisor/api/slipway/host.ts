import { orderFromJson } from '../../../update/agent/orders.ts'
import { type ApiRequest, type Route, readJson, sendJson } from '../request.ts'

/** What clients elsewhere ask of the host beside its containers. */
export const hostRoutes: readonly Route[] = [
  { methods: ['GET'], path: '/slipway/host', role: 'read-only', answer: facts },
  { methods: ['GET'], path: '/slipway/update', role: 'read-only', answer: updateStatus },
  { methods: ['POST'], path: '/slipway/update', answer: orderUpdate },
]

async function facts({ context: { duties }, response }: ApiRequest): Promise<void> {
  sendJson(response, await duties.facts())
}

async function updateStatus({ context: { duties }, response }: ApiRequest): Promise<void> {
  sendJson(response, await duties.updateStatus())
}

/** Answers when the agent has; whoever hangs up leaves it at work. */
async function orderUpdate({ context, request, response }: ApiRequest): Promise<void> {
  const order = await readJson(request, orderFromJson)
  context.log.info(`update: somebody orders ${JSON.stringify(order)}`)
  sendJson(response, await context.duties.orderUpdate(order))
}
