import { ignitionErrors } from '../../errors/ignition.ts'
import {
  type Config,
  hasErrors,
  mergeConfigs,
  type ParsedConfig,
  type Path,
  parseConfig,
  type Resource,
} from '../../ignition-schema/index.ts'
import type { Log } from '../log.ts'
import { placed } from '../placed-error.ts'
import { ConfigRefusedError } from '../refusal.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { fetchBytes } from '../sources/resource.ts'
import { sourceName } from '../sources/source-url.ts'
import type { Authorities } from './authorities.ts'
import type { ConfigDocument } from './document.ts'

export type RenderContext = {
  readonly fetcher: Fetcher
  readonly authorities: Authorities
  readonly log: Log
  /** Every config that was fetched, in that order. */
  readonly fetched: ConfigDocument[]
}

/** A config that was read and is right, with the document that it came from. */
export type Loaded = {
  readonly parsed: ParsedConfig
  readonly config: Config
  readonly document: ConfigDocument
}

/** A config, and the documents that have a part in it. */
export type Rendered = { readonly config: Config; readonly documents: readonly ConfigDocument[] }

/** So many configs may one config lead to: more is a loop. */
const maximumConfigs = 256

/**
 * The config that comes of what another names under `ignition.config`: the one that replaces it, or
 * itself with the ones to merge, each with what it names in turn, in their order. What a config says
 * about fetching counts from then on. Throws ConfigRefusedError, PlacedError, NetworkNeededError.
 */
export async function render(loaded: Loaded, context: RenderContext): Promise<Rendered> {
  const { parsed, config, document } = loaded
  const at: Path = ['ignition', 'config']
  const { replace, merge = [] } = config.ignition?.config ?? {}
  if (replace?.source !== undefined) {
    const next = await load(replace, [...at, 'replace'], loaded, context)
    await context.authorities.use(next.config, next.parsed, context.fetcher)
    return await render(next, context)
  }
  let rendered: Rendered = { config, documents: [document] }
  for (const [index, reference] of merge.entries()) {
    const child = await load(reference, [...at, 'merge', index], loaded, context)
    // Before what it names is fetched, so that its certificates count for that.
    const settings = mergeConfigs(rendered.config, child.config)
    await context.authorities.use(settings, child.parsed, context.fetcher)
    const inner = await render(child, context)
    rendered = {
      config: mergeConfigs(rendered.config, inner.config),
      documents: [...rendered.documents, ...inner.documents],
    }
  }
  if (merge.length > 0) await context.authorities.use(rendered.config, parsed, context.fetcher)
  return rendered
}

/**
 * Reads a config and holds it against the specification; throws ConfigRefusedError. `data` is what
 * the document was before it was taken for text.
 */
export function readConfig(
  document: ConfigDocument,
  log: Log,
  data: Uint8Array | string = document.text,
): Loaded {
  const parsed = parseConfig(data, document.source)
  const { config, problems } = parsed
  if (config === undefined || hasErrors(problems)) throw new ConfigRefusedError(problems)
  for (const problem of problems) log.problem(problem)
  return { parsed, config, document }
}

async function load(
  reference: Resource,
  at: Path,
  { parsed }: Loaded,
  context: RenderContext,
): Promise<Loaded> {
  const { fetcher, fetched, log } = context
  const { source = '' } = reference
  if (source === '') throw new ConfigRefusedError([parsed.problem('error', at, 'it has no source')])
  const place = [...at, 'source']
  const name = /^data:/i.test(source)
    ? `${parsed.source} (data URL of ${at.join('.')})`
    : sourceName(source)
  const data = await placed(parsed, place, async () => {
    if (fetched.length >= maximumConfigs)
      throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', {
        source: name,
        reason: `there are more than ${maximumConfigs} configs, which is probably a loop`,
      })
    return await fetchBytes(fetcher, reference)
  })
  const text = data.toString('utf8')
  const document = { kind: 'user', source: name, text, isReferenced: true } as const
  fetched.push(document)
  log.info(`fetched referenced user config from ${name}`)
  return readConfig(document, log, data)
}
