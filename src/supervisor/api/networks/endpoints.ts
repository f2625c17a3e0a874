import { contains, parseAddress, parseCidr } from '../../networks/cidr.ts'
import type { EndpointRequest } from '../../networks/endpoint.ts'
import { isPredefined, type Network } from '../../networks/network.ts'
import { invalid } from '../fields.ts'
import type { EndpointFields } from './endpoint-fields.ts'

/** What is asked for of a container on a network, if that network can do it. Throws SLIPWAY_ENGINE_INVALID. */
export function endpointRequest(
  network: Network,
  { aliases, chosen }: EndpointFields,
): EndpointRequest {
  const problems = problemsOf(network, { aliases, chosen })
  if (problems.length > 0) {
    const list = problems.map((problem) => (problems.length > 1 ? `* ${problem}` : problem))
    throw invalid(
      `invalid config for network ${network.name}: invalid endpoint settings:\n${list.join('\n')}`,
    )
  }
  return { network, aliases, chosen }
}

function problemsOf(network: Network, { aliases, chosen }: EndpointFields): string[] {
  const asked = [chosen.ipv4, chosen.ipv6].filter((address) => address !== undefined)
  const outside = asked.filter((text) => !network.subnets.some(({ subnet }) => isIn(subnet, text)))
  return [
    ...(isPredefined(network) && aliases.length > 0
      ? ['network-scoped aliases are only supported for user-defined networks']
      : []),
    ...(isPredefined(network) && asked.length > 0
      ? ['user specified IP address is supported on user defined networks only']
      : []),
    ...(asked.length > 0 && !network.subnetsChosen
      ? [
          'user specified IP address is supported only when connecting to networks with user configured subnets',
        ]
      : outside.map((text) => `no configured subnet or ip-range contain the IP address ${text}`)),
  ]
}

function isIn(subnet: string, text: string): boolean {
  const block = parseCidr(subnet)
  const address = parseAddress(text)
  return block !== undefined && address !== undefined && contains(block, address)
}
