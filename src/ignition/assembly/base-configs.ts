import { join } from 'node:path'
import { type Config, mergeConfigs } from '../../ignition-schema/index.ts'
import type { Log } from '../log.ts'
import { ConfigRefusedError } from '../refusal.ts'
import type { ConfigDocument } from './document.ts'
import { namesIfThere, readIfThere } from './read.ts'
import { readConfig } from './render.ts'

/**
 * The config that comes before that of the user: the fragments of `base.d`, then those of
 * `base.platform.d/PLATFORM`, each in the order of their names. Of fragments of one name in several
 * of the directories the first counts. Throws ConfigRefusedError, SLIPWAY_IGNITION_SOURCE_UNREADABLE.
 */
export function baseConfigs(
  directories: readonly string[],
  platform: string,
  log: Log,
): { config?: Config; documents: readonly ConfigDocument[] } {
  const paths = ['base.d', join('base.platform.d', platform)].flatMap((name) =>
    fragments(directories.map((directory) => join(directory, name))),
  )
  let config: Config | undefined
  const documents: ConfigDocument[] = []
  for (const source of paths) {
    const text = readIfThere(source)?.toString('utf8')
    if (text === undefined) continue
    const document = { kind: 'base', source, text, isReferenced: false } as const
    const loaded = readConfig(document, log)
    log.info(`read base config ${source}`)
    refuseReferences(loaded.config, loaded.parsed)
    config = config === undefined ? loaded.config : mergeConfigs(config, loaded.config)
    documents.push(document)
  }
  return { ...(config === undefined ? {} : { config }), documents }
}

function fragments(directories: readonly string[]): string[] {
  const byName = new Map<string, string>()
  for (const directory of directories)
    for (const name of namesIfThere(directory))
      if (!byName.has(name)) byName.set(name, join(directory, name))
  return [...byName]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([, path]) => path)
}

/** The reference implementation would pass over them without a word. */
function refuseReferences(config: Config, parsed: ReturnType<typeof readConfig>['parsed']): void {
  const { merge = [], replace } = config.ignition?.config ?? {}
  if (merge.length === 0 && replace?.source === undefined) return
  const problem = parsed.problem(
    'error',
    ['ignition', 'config'],
    'a base config cannot name other configs',
    'another fragment in the same directory',
  )
  throw new ConfigRefusedError([problem])
}
