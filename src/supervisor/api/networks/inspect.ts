import { type ApiRequest, sendJson } from '../request.ts'
import { networkJson } from './json.ts'

/** `GET /networks/{id}`. */
export function inspectNetwork({ context, path: [name = ''], query, response }: ApiRequest): void {
  const { networks, networking } = context.supervisor
  const scope = query.get('scope') ?? ''
  const network = networks.require(scope === '' || scope === 'local' ? name : '')
  sendJson(response, networkJson(network, networking.usersOf(network)))
}
