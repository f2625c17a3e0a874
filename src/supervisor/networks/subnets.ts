import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { engineErrors } from '../../errors/engine.ts'
import {
  addressText,
  type Cidr,
  cidrText,
  contains,
  overlap,
  parseAddress,
  parseCidr,
} from './cidr.ts'
import type { Subnet } from './network.ts'

/** What somebody asks for of a subnet. */
export type SubnetRequest = {
  readonly subnet?: string
  readonly gateway?: string
  readonly ipRange?: string
}

/**
 * The subnets of a new network: those that somebody chose, and free ones where nobody did. Those of IPv4
 * first, as netavark wants it: clients send them in any order. Throws the errors of `chosenSubnet` and
 * `freeSubnet`.
 */
export function subnetsOf(
  { subnets, ipv6 }: { readonly subnets: readonly SubnetRequest[]; readonly ipv6: boolean },
  used: readonly Cidr[],
): readonly Subnet[] {
  const chosen = subnets.map((subnet) => chosenSubnet(subnet, used))
  const of = (family: 4 | 6) => chosen.filter(({ subnet }) => parseCidr(subnet)?.family === family)
  const [four, six] = [of(4), of(6)]
  return [
    ...(four.length > 0 ? four : [freeSubnet(used)]),
    ...(six.length > 0 || !ipv6 ? six : [freeIpv6Subnet(used)]),
  ]
}

/** Docker's pools: /16 of 172.16/12 first, then /20 of 192.168/16. */
function* pools(): Generator<Cidr> {
  for (let second = 17; second <= 31; second += 1) yield block(`172.${second}.0.0/16`)
  for (let third = 0; third < 256; third += 16) yield block(`192.168.${third}.0/20`)
}

/**
 * The first subnet of the pools that overlaps with nothing that is in use: neither another network nor
 * a route of the host. Throws SLIPWAY_ENGINE_NO_FREE_SUBNET.
 */
export function freeSubnet(used: readonly Cidr[]): Subnet {
  for (const pool of pools())
    if (!used.some((one) => overlap(one, pool)))
      return {
        subnet: cidrText(pool),
        gateway: firstHost(pool),
        gatewayChosen: true,
      }
  throw engineErrors.error('SLIPWAY_ENGINE_NO_FREE_SUBNET', {})
}

/**
 * A subnet of IPv6 that overlaps with no other network: a unique local one, whose 40 random bits keep it
 * from meeting those of other hosts (RFC 4193).
 */
export function freeIpv6Subnet(used: readonly Cidr[], random = randomBytes): Subnet {
  for (;;) {
    const globalId = BigInt(`0x${random(5).toString('hex')}`)
    const pool: Cidr = {
      family: 6,
      first: (0xfdn << 120n) | (globalId << 80n),
      prefixLength: 64,
    }
    if (!used.some((one) => overlap(one, pool)))
      return { subnet: cidrText(pool), gateway: firstHost(pool), gatewayChosen: true }
  }
}

/** Checks a subnet that somebody chose. Throws SLIPWAY_ENGINE_INVALID, SLIPWAY_ENGINE_SUBNET_OVERLAPS. */
export function chosenSubnet(request: SubnetRequest, used: readonly Cidr[]): Subnet {
  const { subnet = '', gateway, ipRange } = request
  const wanted = parseCidr(subnet)
  if (wanted === undefined) throw invalid(`invalid subnet ${subnet}: invalid CIDR block notation`)
  const smallest = wanted.family === 4 ? 30 : 126
  if (wanted.prefixLength > smallest)
    throw invalid(`invalid subnet ${subnet}: it has no room for containers`)
  if (cidrText(wanted) !== subnet && wanted.family === 4)
    throw invalid(`invalid subnet ${subnet}: it should be ${cidrText(wanted)}`)
  if (used.some((one) => overlap(one, wanted)))
    throw engineErrors.error('SLIPWAY_ENGINE_SUBNET_OVERLAPS', {})
  const range = ipRange === undefined ? undefined : parseCidr(ipRange)
  if (
    ipRange !== undefined &&
    (range === undefined || range.prefixLength < wanted.prefixLength || !overlap(range, wanted))
  )
    throw invalid(`invalid ip-range ${ipRange}: it is not in the subnet ${subnet}`)
  const router = gateway === undefined ? undefined : parseAddress(gateway)
  if (gateway !== undefined && (router === undefined || !contains(wanted, router)))
    throw invalid(`invalid gateway ${gateway}: it is not in the subnet ${subnet}`)
  return {
    subnet: cidrText(wanted),
    gateway: router === undefined ? firstHost(wanted) : addressText(router),
    ...(gateway === undefined ? {} : { gatewayChosen: true }),
    ...(range === undefined ? {} : { ipRange: cidrText(range) }),
  }
}

/** Where the host's main table sends packets, but for its default routes. */
export async function hostRoutes(): Promise<readonly Cidr[]> {
  return parseRoutes(await readFile('/proc/net/route', 'utf8'))
}

/** Reads the columns of /proc/net/route: destination and mask are numbers of the host's byte order. */
export function parseRoutes(text: string): readonly Cidr[] {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const columns = line.split(/\s+/)
      const [destination, mask] = [columns[1] ?? '', columns[7] ?? ''].map(littleEndian)
      if (destination === undefined || mask === undefined || mask === 0n) return []
      const prefixLength = mask.toString(2).replaceAll('0', '').length
      return [{ family: 4, first: destination, prefixLength } as const]
    })
}

function littleEndian(hex: string): bigint {
  return BigInt(`0x${(hex.match(/../g) ?? ['0']).toReversed().join('')}`)
}

function firstHost({ family, first }: Cidr): string {
  return addressText({ family, value: first + 1n })
}

function block(text: string): Cidr {
  const parsed = parseCidr(text)
  if (parsed === undefined) throw new RangeError(`not a block of addresses: ${text}`)
  return parsed
}

function invalid(problem: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_INVALID', {
    problem: `invalid network config:\n${problem}`,
  })
}
