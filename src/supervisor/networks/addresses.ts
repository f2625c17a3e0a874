import { supervisorErrors } from '../../errors/supervisor.ts'
import type { BridgeNetwork } from './bridge.ts'

/** The first address of the network that nobody has; throws SLIPWAY_SUPERVISOR_SUBNET_FULL. */
export function freeAddress(network: BridgeNetwork, taken: ReadonlySet<string>): string {
  const last = toNumber(network.lastAddress)
  for (let address = toNumber(network.firstAddress); address <= last; address += 1) {
    const text = toText(address)
    if (!taken.has(text)) return text
  }
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_SUBNET_FULL', { subnet: network.subnet })
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}
