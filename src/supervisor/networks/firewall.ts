import { runProgram } from '../runtime/programs.ts'
import { parseAddress } from './cidr.ts'
import { keepsApart } from './isolation.ts'
import type { Network } from './network.ts'

/** Beside netavark's own table, which is made and removed as netavark likes. */
const table = 'inet slipway'

const asksForNames = 'meta l4proto { tcp, udp } th dport 53'

/**
 * Brings the host's rules to what these networks need. All or nothing, whatever was there before: so it is
 * called when a network comes or goes, and when the supervisor takes over.
 */
export async function applyFirewall(networks: readonly Network[]): Promise<void> {
  await runProgram('nft', ['-f', '-'], { input: firewallRules(networks) })
}

/**
 * The table as a script of nft. Names of a network are answered to those on it and to the host: the kernel
 * takes packets for a gateway's address from whichever link they come by, so that a neighbour of the host could ask too.
 */
export function firewallRules(networks: readonly Network[]): string {
  const named = networks.filter(({ names }) => names)
  const apart = networks.filter(keepsApart)
  const chains = [
    ...(named.length === 0
      ? []
      : [chain('input', ['iifname "lo" accept', ...named.flatMap(askedFromElsewhere)])]),
    ...(apart.length === 0 ? [] : [chain('forward', apart.flatMap(routedBetweenMembers))]),
  ]
  // Adding it first lets the removal succeed where there was none.
  const removal = `add table ${table}\ndelete table ${table}\n`
  return chains.length === 0 ? removal : `${removal}table ${table} {\n${chains.join('')}}\n`
}

function askedFromElsewhere({ interfaceName, subnets }: Network): string[] {
  return subnets.map(({ gateway }) => {
    const family = parseAddress(gateway)?.family === 6 ? 'ip6' : 'ip'
    return `iifname != "${interfaceName}" ${family} daddr ${gateway} ${asksForNames} drop`
  })
}

/** Published ports stay reachable, by the host's address. */
function routedBetweenMembers({ interfaceName }: Network): string[] {
  const between = `iifname "${interfaceName}" oifname "${interfaceName}"`
  return [`${between} ct status dnat accept`, `${between} drop`]
}

function chain(hook: 'input' | 'forward', rules: readonly string[]): string {
  const lines = [`type filter hook ${hook} priority filter; policy accept;`, ...rules]
  return `  chain ${hook} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`
}
