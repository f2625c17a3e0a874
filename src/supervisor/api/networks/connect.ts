import { findContainer, requireCreated } from '../containers/find.ts'
import { Fields } from '../fields.ts'
import { type ApiRequest, readJson, sendNothing } from '../request.ts'
import { endpointFields } from './endpoint-fields.ts'
import { endpointRequest } from './endpoints.ts'

/** `POST /networks/{id}/connect`. */
export async function connectNetwork(request: ApiRequest): Promise<void> {
  const { context, path, response } = request
  const { networks, networking } = context.supervisor
  const { container, endpoint } = await readJson(request.request, (body) => {
    const fields = new Fields(body, '')
    return {
      container: fields.text('Container') ?? '',
      endpoint: endpointFields(fields.object('EndpointConfig')),
    }
  })
  const found = findContainer(context, container)
  const network = networks.require(path[0] ?? '')
  requireCreated(found)
  await networking.connect(found.id, endpointRequest(network, endpoint))
  sendNothing(response, 200)
}

/** `POST /networks/{id}/disconnect`. */
export async function disconnectNetwork(request: ApiRequest): Promise<void> {
  const { context, path, response } = request
  const { networks, networking } = context.supervisor
  const container = await readJson(
    request.request,
    (body) => new Fields(body, '').text('Container') ?? '',
  )
  const network = networks.require(path[0] ?? '')
  const found = findContainer(context, container)
  requireCreated(found)
  await networking.disconnect(found.id, network)
  sendNothing(response, 200)
}
