import type { Config, ParsedConfig, Path, Resource } from '../../ignition-schema/index.ts'
import { placed } from '../placed-error.ts'
import { readBundle } from '../sources/certificates.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { fetchBytes } from '../sources/resource.ts'
import { sourceName } from '../sources/source-url.ts'

const path: Path = ['ignition', 'security', 'tls', 'certificateAuthorities']

/** The certificate authorities that configs name, each fetched once. */
export class Authorities {
  readonly #bundles = new Map<string, Buffer>()
  #trusted: readonly string[] = []

  /**
   * Fetches from now on as a config says: timeouts, proxy, and authorities in addition to the usual
   * ones. Throws PlacedError, with the place in `parsed`, and NetworkNeededError.
   */
  async use(config: Config, parsed: ParsedConfig, fetcher: Fetcher): Promise<void> {
    const { timeouts, proxy } = config.ignition ?? {}
    const settings = {
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(proxy === undefined ? {} : { proxy }),
    }
    // The authorities themselves are fetched with the new settings and what was trusted before.
    fetcher.configure({ ...settings, authorities: this.#trusted })
    const resources = authoritiesOf(config)
    if (resources.length === 0) return
    const pems: string[] = []
    for (const [index, resource] of resources.entries())
      await placed(parsed, [...path, index, 'source'], async () => {
        const bundle = await this.#bundle(resource, fetcher)
        for (const { pem, subject } of readBundle(bundle, sourceName(resource.source ?? ''))) {
          fetcher.log.info(`trusting the certificate authority ${subject}`)
          pems.push(pem)
        }
      })
    this.#trusted = pems
    fetcher.configure({ ...settings, authorities: pems })
  }

  /** The config with its authorities as data URLs, so that nobody has to fetch them again. */
  embedded(config: Config): Config {
    const resources = authoritiesOf(config)
    if (resources.length === 0) return config
    const certificateAuthorities = resources.map(({ source = '', verification }) => {
      const bundle = this.#bundles.get(source)
      const data = bundle === undefined ? source : `data:;base64,${bundle.toString('base64')}`
      return { source: data, ...(verification === undefined ? {} : { verification }) }
    })
    const tls = { ...config.ignition?.security?.tls, certificateAuthorities }
    const security = { ...config.ignition?.security, tls }
    return { ...config, ignition: { ...config.ignition, security } }
  }

  async #bundle(resource: Resource, fetcher: Fetcher): Promise<Buffer> {
    const { source = '' } = resource
    const known = this.#bundles.get(source)
    if (known !== undefined) return known
    const bundle = await fetchBytes(fetcher, resource)
    this.#bundles.set(source, bundle)
    return bundle
  }
}

/** Fetches as a cached config says, whose authorities are in it. Throws PlacedError. */
export async function trustAuthorities(
  config: Config,
  parsed: ParsedConfig,
  fetcher: Fetcher,
): Promise<void> {
  await new Authorities().use(config, parsed, fetcher)
}

function authoritiesOf({ ignition }: Config): readonly Resource[] {
  return ignition?.security?.tls?.certificateAuthorities ?? []
}
