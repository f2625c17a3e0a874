import { hasErrors, parseConfig } from '../../ignition-schema/index.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { unsupportedParts } from '../unsupported.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/**
 * Gets the config from the platform and checks all that can be checked without the host's files.
 * Throws ConfigRefusedError with every mistake.
 */
export const fetchStage: Stage<void, FetchedConfig> = async ({ provider, log }) => {
  const provided = await provider.fetch()
  if (provided === undefined || provided.data.length === 0) {
    log.info('the user gave no config')
    return undefined
  }
  const { source, data } = provided
  log.info(`read a config of ${data.length} bytes from ${source}`)
  const parsed = parseConfig(data, source)
  const { config } = parsed
  const problems = [
    ...parsed.problems,
    ...(config === undefined ? [] : unsupportedParts(parsed, config)),
  ]
  if (hasErrors(problems)) throw new ConfigRefusedError(problems)
  for (const problem of problems) log.problem(problem)
  return { source, text: Buffer.from(data).toString('utf8') }
}
