import { parseDocument } from 'yaml'
import { JsonShapeError, parseJson } from '../../json/value.ts'
import { askService, type MetadataService } from './metadata-service.ts'
import { type PlatformMetadata, type ProviderContext, providerFailed } from './provider.ts'

/** Metadata of a service that has an address for each value; keys are lines there. */
export function metadataAddresses(
  service: MetadataService,
  names: { readonly hostname: string; readonly sshKeys: string },
): PlatformMetadata {
  const ask = (name: string, context: ProviderContext) =>
    askText({ ...service, url: `${service.url}${name}` }, context)
  return {
    hostname: (context) => ask(names.hostname, context),
    sshKeys: async (context) => keysIn(await ask(names.sshKeys, context)),
  }
}

/** Metadata of a document that has everything. */
export function metadataDocument(
  read: (context: ProviderContext) => Promise<unknown>,
  pick: { hostname(document: unknown): unknown; sshKeys?(document: unknown): unknown },
): PlatformMetadata {
  const { hostname, sshKeys } = pick
  return {
    hostname: async (context) => {
      const name = hostname(await read(context))
      return typeof name === 'string' ? name : undefined
    },
    ...(sshKeys && { sshKeys: async (context) => keysIn(sshKeys(await read(context))) }),
  }
}

/** What a service has at an address, without the space around it; undefined when that is nothing. */
export async function askText(
  service: MetadataService,
  context: ProviderContext,
): Promise<string | undefined> {
  const data = await askService(service, context)
  return data?.toString('utf8').trim() || undefined
}

/** The JSON document that a service has; undefined when it has none. Throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export async function askJson(service: MetadataService, context: ProviderContext) {
  const data = await askService(service, context)
  return data && jsonOf(data, service.platform, service.url)
}

/** Throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export function jsonOf(data: Uint8Array, platform: string, where: string): unknown {
  try {
    return parseJson(data)
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error
    throw providerFailed(platform, `${where}: ${error.message}`, error)
  }
}

/** Of cloud-init's files, which may be JSON too. Throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export function yamlOf(data: Uint8Array, platform: string, where: string): unknown {
  const document = parseDocument(Buffer.from(data).toString('utf8'), { prettyErrors: false })
  const [mistake] = document.errors
  if (mistake !== undefined)
    throw providerFailed(platform, `${where}: it is not YAML text`, mistake)
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  return value
}

/** Keys that a service numbers: the list names them as `0` or `0=NAME`, each is at `NUMBER/openssh-key`. */
export async function numberedKeys(
  ask: (name: string) => Promise<string | undefined>,
): Promise<string[]> {
  const list = (await ask('public-keys/')) ?? ''
  const numbers = list.split('\n').flatMap((line) => /^\d+/.exec(line.trim())?.[0] ?? [])
  const keys = numbers.map((number) => ask(`public-keys/${number}/openssh-key`))
  return keysIn(await Promise.all(keys))
}

/** The lines that are keys, of a text, or of all texts of a list or an object. */
export function keysIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const lines = value.split('\n').map((line) => line.trim())
    return lines.filter((line) => /^[^#\s]\S*\s+\S/.test(line))
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(keysIn)
}
