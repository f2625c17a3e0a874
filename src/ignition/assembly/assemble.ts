import {
  type Config,
  hasErrors,
  mergeConfigs,
  type ParsedConfig,
  parseConfig,
} from '../../ignition-schema/index.ts'
import type { Log } from '../log.ts'
import { metadataDocument } from '../platform-metadata/document.ts'
import type { ProvidedConfig, Provider } from '../providers/provider.ts'
import { ConfigRefusedError } from '../refusal.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { Authorities } from './authorities.ts'
import { baseConfigs } from './base-configs.ts'
import { credentialConfig } from './credentials.ts'
import { assembledConfig, type ConfigDocument } from './document.ts'
import { kernelArgumentConfig } from './kernel-argument.ts'
import type { ConfigPlaces } from './places.ts'
import { readIfThere } from './read.ts'
import { readConfig, render } from './render.ts'

export type AssemblyContext = {
  readonly fetcher: Fetcher
  readonly provider: Provider
  readonly places: ConfigPlaces
  readonly log: Log
  /** Gets the user's config as it was read, right or wrong. */
  readonly onUserConfig?: (text: string) => void
}

export type Assembled = {
  /** The whole of it, with problems told where the parts say what is wrong. */
  readonly parsed: ParsedConfig
  readonly config: Config
  /** What `parsed` was parsed from. */
  readonly text: string
  readonly documents: readonly ConfigDocument[]
  /** All that were read, also those that another one replaced. */
  readonly read: readonly ConfigDocument[]
}

/** The name of a config that was put together, where no part of it says what is meant. */
export const assembledName = 'the config as a whole'

/**
 * Puts the host's config together: base configs, then the user's, which is the first that there is
 * of the kernel's command line, `user.ign`, a credential, and the platform, with all that it names.
 * Below them is what the platform tells of the host, where they ask for it. undefined when there is none at all. Throws ConfigRefusedError, PlacedError, NetworkNeededError and
 * what providers throw.
 */
export async function assemble(context: AssemblyContext): Promise<Assembled | undefined> {
  const { fetcher, places, log } = context
  const base = baseConfigs(places.systemDirectories, fetcher.platform, log)
  const provided = await userConfig(context)
  const authorities = new Authorities()
  const read: ConfigDocument[] = [...base.documents]
  let { config } = base
  let documents = base.documents
  if (provided === undefined) log.info('the user gave no config')
  else {
    const document = documentOf(provided)
    context.onUserConfig?.(document.text)
    read.push(document)
    const loaded = readConfig(document, log, provided.data)
    await authorities.use(loaded.config, loaded.parsed, fetcher)
    const user = await render(loaded, { fetcher, authorities, log, fetched: read })
    const own = authorities.embedded(user.config)
    config = config === undefined ? own : mergeConfigs(config, own)
    documents = [...documents, ...user.documents]
  }
  if (config === undefined) return undefined
  const metadata = await metadataDocument(config, context)
  if (metadata !== undefined) {
    config = mergeConfigs(metadata.config, config)
    documents = [metadata.document, ...documents]
    read.push(metadata.document)
  }
  const text = JSON.stringify(config)
  const parsed = assembledConfig(config, parseConfig(text, assembledName), documents)
  // Valid configs may merge to one that is not.
  if (hasErrors(parsed.problems)) throw new ConfigRefusedError(parsed.problems)
  return { parsed, config, text, documents, read }
}

async function userConfig(context: AssemblyContext): Promise<ProvidedConfig | undefined> {
  const { fetcher, provider, places, log } = context
  const config =
    (await kernelArgumentConfig(places.kernelCommandLine, fetcher)) ??
    systemConfig(places.systemDirectories) ??
    credentialConfig(places) ??
    (await provider.fetch({ fetcher, log }))
  if (config === undefined || Buffer.from(config.data).toString('latin1').trim() === '')
    return undefined
  log.info(`read a config of ${config.data.length} bytes from ${config.source}`)
  return config
}

function systemConfig(directories: readonly string[]): ProvidedConfig | undefined {
  for (const directory of directories) {
    const source = `${directory}/user.ign`
    const data = readIfThere(source)
    if (data !== undefined) return { source, data }
  }
  return undefined
}

function documentOf({ source, data }: ProvidedConfig): ConfigDocument {
  return { kind: 'user', source, text: Buffer.from(data).toString('utf8'), isReferenced: false }
}
