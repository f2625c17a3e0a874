import { writeFile } from 'node:fs/promises'
import type { Container } from '../containers/container.ts'
import { runProgram } from '../runtime/programs.ts'
import { endpointsOf, subnetsOfFamily } from './endpoint.ts'
import type { NetworkStore } from './store.ts'

/** Where Docker's name server is in every container of a network with names. */
const dockersAddress = '127.0.0.11'

/** Lets packets to and from loopback addresses pass other interfaces, as the redirection needs it. */
export const redirectionSysctls = { 'net.ipv4.conf.all.route_localnet': '1' }

/** Who answers a container that asks 127.0.0.11: the first gateway of its networks with names, if there is one. */
export function resolverOf(
  container: Pick<Container, 'network'>,
  networks: Pick<NetworkStore, 'get'>,
): string | undefined {
  return endpointsOf(container)
    .flatMap(({ networkId }) => networks.get(networkId) ?? [])
    .filter(({ names }) => names)
    .flatMap((network) => subnetsOfFamily(network, 4))
    .map(({ gateway }) => gateway)[0]
}

/** Sends what a container asks 127.0.0.11 to that gateway, by rules in its own network namespace. */
export async function redirectResolver(netns: string, gateway: string | undefined): Promise<void> {
  await inNamespace(netns, 'nft', ['-f', '-'], redirectionRules(gateway))
}

/** Sets the sysctls of a container that was started without them; `file` is for them alone. */
export async function allowRedirection(netns: string, file: string): Promise<void> {
  const lines = Object.entries(redirectionSysctls).map(([key, value]) => `${key} = ${value}\n`)
  await writeFile(file, lines.join(''), { mode: 0o600 })
  await inNamespace(netns, '/usr/lib/systemd/systemd-sysctl', [file])
}

/**
 * The rules as a script of nft; without a gateway nothing is redirected any more. With the sysctl, neighbours on
 * the network could send to what listens on the container's loopback addresses: that is closed again. An answer is let
 * through, since it is to the container's own address at that point.
 */
export function redirectionRules(gateway: string | undefined): string {
  const asked = `ip daddr ${dockersAddress} meta l4proto { tcp, udp } th dport 53`
  const redirection =
    gateway === undefined
      ? ''
      : `
  chain output {
    type nat hook output priority dstnat; policy accept;
    ${asked} dnat to ${gateway}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 127.0.0.0/8 ip daddr ${gateway} masquerade
  }`
  return `add table ip slipway
delete table ip slipway
table ip slipway {
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
  }${redirection}
}
`
}

async function inNamespace(
  netns: string,
  program: string,
  programArguments: readonly string[],
  input = '',
): Promise<void> {
  await runProgram('nsenter', [`--net=${netns}`, '--', program, ...programArguments], { input })
}
