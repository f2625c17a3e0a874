import { readFile } from 'node:fs/promises'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** The address of this host that others reach it by: that of the link to its router, or else of any link. */
export async function hostAddress(bridges: readonly string[]): Promise<string> {
  const routes = await readFile('/proc/net/route', 'utf8')
  return addressOf(networkInterfaces(), defaultLink(routes), bridges)
}

/** The link of the default route with the smallest metric, by /proc/net/route. */
export function defaultLink(routes: string): string | undefined {
  return routes
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .toSorted((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0]
}

/** 127.0.0.1 if it has no other: then nobody else reaches it. */
export function addressOf(
  links: NodeJS.Dict<NetworkInterfaceInfo[]>,
  preferred: string | undefined,
  bridges: readonly string[],
): string {
  const others = Object.keys(links).filter((name) => !bridges.includes(name))
  for (const name of [...(preferred === undefined ? [] : [preferred]), ...others])
    for (const family of ['IPv4', 'IPv6'])
      for (const info of links[name] ?? [])
        if (info.family === family && !info.internal && !info.address.startsWith('fe80:'))
          return info.address
  return '127.0.0.1'
}
