import { engineErrors } from '../../../errors/engine.ts'
import { some } from '../../../json/some.ts'
import type { NetworkRequest } from '../../networks/networking.ts'
import type { SubnetRequest } from '../../networks/subnets.ts'
import { Fields, invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, readJson, sendJson } from '../request.ts'
import { bridgeOptions } from './bridge-options.ts'

/** `POST /networks/create`. */
export async function createNetwork({ context, request, response }: ApiRequest): Promise<void> {
  const wanted = await readJson(request, networkRequest)
  const { id } = await context.supervisor.networking.create(wanted)
  sendJson(response, { Id: id, Warning: '' }, 201)
}

/** Reads the body. Throws SLIPWAY_ENGINE_INVALID, SLIPWAY_ENGINE_UNSUPPORTED, SLIPWAY_ENGINE_NO_NETWORK_DRIVER. */
export function networkRequest(body: unknown): NetworkRequest {
  const fields = new Fields(body, '')
  const driver = fields.text('Driver') ?? 'bridge'
  if (driver === 'host' || driver === 'null')
    throw new HttpError(403, `only one instance of "${driver}" network is allowed`)
  if (driver !== 'bridge') throw engineErrors.error('SLIPWAY_ENGINE_NO_NETWORK_DRIVER', { driver })
  fields.refuse('Ingress', 'there is no swarm')
  fields.refuse('ConfigOnly', 'there are no networks that are configuration alone')
  fields
    .object('ConfigFrom')
    .refuse('Network', 'there are no networks that are configuration alone')
  const scope = fields.text('Scope')
  if (scope !== undefined && scope !== 'local') throw invalid(`there is no swarm: scope ${scope}`)
  const ipam = fields.object('IPAM')
  const ipamDriver = ipam.text('Driver') ?? 'default'
  if (ipamDriver !== 'default') throw invalid(`Invalid IPAM driver: ${ipamDriver}`)
  const ipamOptions = ipam.textMap('Options')
  return {
    name: checkedName(fields.text('Name')),
    internal: fields.flag('Internal'),
    ipv6: fields.flag('EnableIPv6'),
    attachable: fields.flag('Attachable'),
    labels: fields.textMap('Labels'),
    options: bridgeOptions(fields.textMap('Options')),
    subnets: ipam.objects('Config').map(subnetRequest),
    ...(Object.keys(ipamOptions).length === 0 ? {} : { ipamOptions }),
  }
}

function subnetRequest(fields: Fields): SubnetRequest {
  fields.refuse('AuxiliaryAddresses', 'name the addresses of containers')
  if (fields.text('Subnet') === undefined)
    throw invalid('invalid network config:\ninvalid subnet : invalid CIDR block notation')
  return {
    ...some('subnet', fields.text('Subnet')),
    ...some('gateway', fields.text('Gateway')),
    ...some('ipRange', fields.text('IPRange')),
  }
}

function checkedName(name: string | undefined): string {
  if (name === undefined || name.trim() === '') throw invalid('invalid network name: name is empty')
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(name)) return name
  throw invalid(
    `invalid network name: ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  )
}
