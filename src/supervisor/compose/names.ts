import { isIP } from 'node:net'
import { some } from '../../json/some.ts'
import type { ContainerSpec } from '../containers/spec.ts'
import { readTexts } from './each.ts'
import type { Fields } from './fields.ts'
import type { NodeReader } from './node-reader.ts'

/** How a container finds others by their names. */
export const namesKeys = ['dns', 'dns_search', 'dns_opt', 'extra_hosts'] as const

export function readNames(
  fields: Fields<(typeof namesKeys)[number]>,
): Pick<ContainerSpec, 'dns' | 'extraHosts'> {
  const servers = fields.texts('dns', 'an address', parseAddress, { orOne: true })
  const search = fields.texts('dns_search', 'a domain', String, { orOne: true })
  const options = fields.texts('dns_opt', 'an option', String)
  const given = [servers, search, options].some((list) => list !== undefined)
  return {
    ...(given
      ? { dns: { servers: servers ?? [], search: search ?? [], options: options ?? [] } }
      : {}),
    ...some('extraHosts', fields.read('extra_hosts', readExtraHosts)),
  }
}

/** A list of `NAME=ADDRESS` or `NAME:ADDRESS`, or a map. */
function readExtraHosts(
  reader: NodeReader,
  node: unknown,
  path: readonly (string | number)[],
): string[] | undefined {
  if (reader.isList(node)) return readTexts(reader, node, path, 'NAME=ADDRESS', parseExtraHost)
  return reader.entries(node, path)?.flatMap(({ key, value }) => {
    const at = [...path, key]
    return reader.parsed(value, at, 'an address', (text) => extraHost(key, text)) ?? []
  })
}

function parseExtraHost(text: string): string {
  const [, name, address] = /^([^:=]+)[:=](.+)$/.exec(text) ?? []
  if (name === undefined || address === undefined)
    throw new RangeError(`expected NAME=ADDRESS, found "${text}"`)
  return extraHost(name, address)
}

function extraHost(name: string, text: string): string {
  const address = text.replace(/^\[(.*)\]$/, '$1')
  if (address === 'host-gateway') return `${name}:${address}`
  return `${name}:${parseAddress(address)}`
}

function parseAddress(text: string): string {
  if (isIP(text) !== 0) return text
  throw new RangeError(`expected an address of IPv4 or IPv6, found "${text}"`)
}
