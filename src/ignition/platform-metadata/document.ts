import type { Config } from '../../ignition-schema/index.ts'
import type { ConfigDocument } from '../assembly/document.ts'
import type { Log } from '../log.ts'
import { patience } from '../providers/drive-service.ts'
import { type PlatformMetadata, type Provider, providerFailed } from '../providers/provider.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { askedMetadata } from './asked.ts'
import { hostnameFile, hostnameFrom } from './hostname.ts'

/** For all of it: a config may have set no limit, and the platform may be another one than the config's. */
const patienceMs = 5 * 60_000

type Context = { readonly provider: Provider; readonly fetcher: Fetcher; readonly log: Log }

/** What the platform tells of the host, as far as a config asks for it, as a config to merge that one into. */
export type MetadataDocument = { readonly document: ConfigDocument; readonly config: Config }

/**
 * Asks the platform. undefined when the config asks for nothing, or the platform has nothing of it. Throws
 * NetworkNeededError, SLIPWAY_IGNITION_PROVIDER_FAILED and others as providers do.
 */
export async function metadataDocument(
  asking: Config,
  { provider, fetcher, log }: Context,
): Promise<MetadataDocument | undefined> {
  const { hostname, sshKeys } = askedMetadata(asking)
  const { metadata } = provider
  if (metadata === undefined || (!hostname && sshKeys.length === 0)) return undefined
  const signal = patience(patienceMs, {})
  try {
    const context = { fetcher, log, signal }
    const name = hostname && !hasOwnName(asking) ? await nameOf(metadata, context) : undefined
    const keys = sshKeys.length > 0 ? ((await metadata.sshKeys?.(context)) ?? []) : []
    if (name === undefined && keys.length === 0) return undefined
    const config = configOf(name, keys, sshKeys)
    const source = `metadata of ${fetcher.platform}`
    const text = JSON.stringify(config)
    return { document: { kind: 'base', source, text, isReferenced: false }, config }
  } catch (error) {
    if (!signal.aborted) throw error
    const reason = `no metadata came within ${patienceMs / 60_000} minutes`
    throw providerFailed(fetcher.platform, reason, error)
  }
}

/** What the config says of the host's name counts. */
function hasOwnName({ storage }: Config): boolean {
  const nodes = [...(storage?.files ?? []), ...(storage?.links ?? [])]
  return nodes.some(({ path }) => path === hostnameFile)
}

async function nameOf(
  metadata: PlatformMetadata,
  context: Parameters<PlatformMetadata['hostname']>[0],
): Promise<string | undefined> {
  const said = await metadata.hostname(context)
  const name = said === undefined ? undefined : hostnameFrom(said)
  if (said !== undefined && name === undefined)
    context.log.error(`the platform calls the host ${JSON.stringify(said)}, which is no host name`)
  return name
}

function configOf(
  name: string | undefined,
  keys: readonly string[],
  users: readonly string[],
): Config {
  const sshAuthorizedKeys = [...new Set(keys)]
  const contents = { source: `data:,${encodeURIComponent(`${name}\n`)}` }
  const file = { path: hostnameFile, overwrite: true, mode: 0o644, contents }
  return {
    ignition: { version: '3.6.0' },
    ...(keys.length > 0 && {
      passwd: { users: users.map((each) => ({ name: each, sshAuthorizedKeys })) },
    }),
    ...(name !== undefined && { storage: { files: [file] } }),
  }
}
