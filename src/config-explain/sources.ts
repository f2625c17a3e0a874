import { isRemote } from '../ignition/assembly/needs-network.ts'
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
