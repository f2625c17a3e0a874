import { hasErrors } from '../../ignition-schema/index.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { unsupportedParts } from '../unsupported.ts'
import { openFetched } from './fetched-config.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/**
 * A stage that nothing is written for yet. The stage fetch refuses configs that need it, and so does
 * this one, for a cache that others made.
 */
export const notCarriedOut: Stage<FetchedConfig, void> = async (_, fetched) => {
  if (fetched === undefined) return
  const parsed = openFetched(fetched)
  if (parsed.config === undefined) throw new ConfigRefusedError(parsed.problems)
  const problems = unsupportedParts(parsed, parsed.config)
  if (hasErrors(problems)) throw new ConfigRefusedError(problems)
}
