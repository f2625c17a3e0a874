import { isIPv4, isIPv6 } from 'node:net'
import { some } from '../../../json/some.ts'
import type { ChosenAddresses } from '../../networks/endpoint.ts'
import { parseMacAddress } from '../../networks/mac-address.ts'
import { type Fields, invalid } from '../fields.ts'

/** What a request says of a container's place on a network. */
export type EndpointFields = {
  readonly aliases: readonly string[]
  readonly chosen: ChosenAddresses
}

/** Reads Docker's EndpointSettings. Throws SLIPWAY_ENGINE_INVALID, SLIPWAY_ENGINE_UNSUPPORTED. */
export function endpointFields(fields: Fields): EndpointFields {
  const ipam = fields.object('IPAMConfig')
  ipam.refuse('LinkLocalIPs', 'addresses of the link are given by the kernel')
  fields.refuse('Links', 'containers of a network find each other by name')
  fields.refuse('DriverOpts', 'the bridge driver has no options for one container')
  const ipv4 = ipam.text('IPv4Address')
  const ipv6 = ipam.text('IPv6Address')
  if (ipv4 !== undefined && !isIPv4(ipv4)) throw invalid(`invalid IPv4 address: ${ipv4}`)
  if (ipv6 !== undefined && !isIPv6(ipv6)) throw invalid(`invalid IPv6 address: ${ipv6}`)
  const aliases = fields.texts('Aliases')
  for (const alias of aliases)
    if (!/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$/.test(alias))
      throw invalid(`invalid network alias: ${JSON.stringify(alias)}`)
  return {
    aliases: [...new Set(aliases)],
    chosen: {
      ...some('ipv4', ipv4),
      ...some('ipv6', ipv6),
      ...some('mac', macAddress(fields.text('MacAddress'))),
    },
  }
}

/** A MAC address in its usual form; throws SLIPWAY_ENGINE_INVALID. */
export function macAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const address = parseMacAddress(text)
  if (address === undefined) throw invalid(`invalid MAC address: ${text}`)
  return address
}
