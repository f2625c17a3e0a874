import { engineErrors } from '../../errors/engine.ts'
import { supervisorErrors } from '../../errors/supervisor.ts'
import {
  type Address,
  addressText,
  contains,
  lastAddress,
  parseAddress,
  parseCidr,
} from './cidr.ts'
import type { Subnet } from './network.ts'

/** The first address of a subnet that nobody has; throws SLIPWAY_SUPERVISOR_SUBNET_FULL. */
export function freeAddress(subnet: Subnet, taken: ReadonlySet<string>): string {
  const block = parseCidr(subnet.subnet)
  const range = parseCidr(subnet.ipRange ?? subnet.subnet)
  if (block !== undefined && range !== undefined) {
    const last = lastAddress(range)
    for (let value = range.first; value <= last; value += 1n) {
      const address = { family: range.family, value }
      const text = addressText(address)
      if (isUsable(address, subnet) && !taken.has(text)) return text
    }
  }
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_SUBNET_FULL', { subnet: subnet.subnet })
}

/** An address that somebody asks for, in its canonical form. Throws SLIPWAY_ENGINE_INVALID. */
export function chosenAddress(text: string, subnets: readonly Subnet[]): string {
  const address = parseAddress(text)
  const subnet = subnets.find((one) => {
    const block = parseCidr(one.subnet)
    return address !== undefined && block !== undefined && contains(block, address)
  })
  if (address === undefined || subnet === undefined || !isUsable(address, subnet))
    throw engineErrors.error('SLIPWAY_ENGINE_INVALID', {
      problem: `no configured subnet or ip-range contain the IP address ${text}`,
    })
  return addressText(address)
}

/** Neither the network's own address nor its gateway, nor that of everybody on it. */
function isUsable(address: Address, { subnet, gateway }: Subnet): boolean {
  const block = parseCidr(subnet)
  if (block === undefined || addressText(address) === gateway) return false
  if (address.value === block.first) return false
  return address.family === 6 || address.value !== lastAddress(block)
}
