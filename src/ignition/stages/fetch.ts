import { hasErrors } from '../../ignition-schema/index.ts'
import { type AssemblyContext, assemble, assembledName } from '../assembly/assemble.ts'
import type { ConfigPlaces } from '../assembly/places.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { unsupportedParts } from '../unsupported.ts'
import { withParsed } from './fetched-config.ts'
import type { FetchedConfig, StageContext } from './stage.ts'

export type FetchContext = StageContext &
  Pick<AssemblyContext, 'onUserConfig'> & { readonly places: ConfigPlaces }

/**
 * Puts the config together and checks all that can be checked without the host's files. Throws
 * ConfigRefusedError with every mistake, and what `assemble` throws.
 */
export async function fetchStage(context: FetchContext): Promise<FetchedConfig> {
  const assembled = await assemble(context)
  if (assembled === undefined) return undefined
  const { parsed, config, text, documents, read } = assembled
  const problems = unsupportedParts(parsed, config)
  if (hasErrors(problems)) throw new ConfigRefusedError(problems)
  context.onUserConfig?.(text)
  const isFromUser = read.some(({ kind }) => kind === 'user')
  return withParsed({ source: assembledName, text, documents, isFromUser }, parsed)
}
