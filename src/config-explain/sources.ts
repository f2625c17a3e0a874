import { isRemote } from '../ignition/assembly/needs-network.ts'
import { metadataOf } from '../ignition/platform-metadata/asked.ts'
import { hostnameFile } from '../ignition/platform-metadata/hostname.ts'
import { sourceName } from '../ignition/sources/source-url.ts'
import type { Config, Path, Resource } from '../ignition-schema/index.ts'
import { type ExplainedStep, explained, type Source } from './step.ts'

/** Where a resource comes from and what it is held against; no data, no password, no query. */
export function sourceOf(resource: Resource): Source {
  const { source = '', verification } = resource
  return {
    name: source === '' ? 'nothing' : isRemote(resource) ? sourceName(source) : 'the config itself',
    isRemote: isRemote(resource),
    ...(verification?.hash !== undefined && { hash: verification.hash }),
  }
}

/** What the platform is asked for, besides the config. */
export function explainMetadata(config: Config): ExplainedStep[] {
  const own = [...(config.storage?.files ?? []), ...(config.storage?.links ?? [])]
  const isNamed = own.some(({ path }) => path === hostnameFile)
  return (config.systemd?.units ?? []).flatMap((unit, index) => {
    const asked = metadataOf(unit)
    if (asked === undefined || (asked.kind === 'hostname' && isNamed)) return []
    const [what, where] =
      asked.kind === 'hostname'
        ? ['the host’s name', `it is written to ${hostnameFile}`]
        : [`SSH keys of ${asked.user}`, 'they are added to those that the config gives the user']
    return [
      explained({
        stage: 'fetch',
        at: ['systemd', 'units', index],
        text: `asking the platform for ${what}`,
        cases: [
          { when: 'it tells that', result: where, destroys: false, stops: false },
          { when: 'it does not', result: 'a warning', destroys: false, stops: false },
        ],
      }),
    ]
  })
}

/** What is fetched before anything is changed: other configs, and certificates to trust. */
export function explainFetches({ ignition }: Config): ExplainedStep[] {
  const { replace, merge = [] } = ignition?.config ?? {}
  const step = (resource: Resource, text: string, ...at: Path) =>
    explained({ stage: 'fetch', at: ['ignition', ...at], text, sources: [sourceOf(resource)] })
  const authorities = ignition?.security?.tls?.certificateAuthorities ?? []
  return [
    ...authorities.map((each, index) =>
      step(
        each,
        'trusting a certificate authority for what is fetched',
        ...['security', 'tls', 'certificateAuthorities', index],
      ),
    ),
    ...(replace?.source === undefined
      ? []
      : [
          step(
            replace,
            'taking another config instead of this one: nothing below happens',
            'config',
            'replace',
          ),
        ]),
    ...merge.map((each, index) =>
      step(
        each,
        'merging another config: what it brings is not in this plan',
        ...['config', 'merge', index],
      ),
    ),
  ]
}
