import { writeFile } from 'node:fs/promises'
import { ifAbsent, namesIn } from '../../files/absence.ts'
import type { Network } from './network.ts'

/** Docker's option for a network whose containers reach the outside but not each other. */
export const betweenContainers = 'com.docker.network.bridge.enable_icc'

export function keepsApart({ options }: Pick<Network, 'options'>): boolean {
  return options[betweenContainers] === 'false'
}

/**
 * Has the bridge of such a network carry nothing between its containers: each port is isolated from the
 * others, and speaks with the host alone. The firewall does not see what a bridge carries from port to port.
 */
export async function isolatePorts(network: Network): Promise<void> {
  if (!keepsApart(network)) return
  const ports = `/sys/class/net/${network.interfaceName}/brif`
  // The bridge goes with its last container, and the port with its own.
  for (const port of await namesIn(ports))
    await writeFile(`${ports}/${port}/isolated`, '1').catch(ifAbsent)
}
