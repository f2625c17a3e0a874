import { existsSync } from 'node:fs'
import { SlipwayError } from '../../errors/error.ts'
import { hasErrors } from '../../ignition-schema/index.ts'
import { trustAuthorities } from '../assembly/authorities.ts'
import { crypttabSteps } from '../disks/crypttab.ts'
import { download, removeDownloads } from '../downloads.ts'
import { placed } from '../placed-error.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { recordResult } from '../result.ts'
import type { TargetRoot } from '../root/target-root.ts'
import { type ExpectedAccounts, expectAccounts } from '../steps/accounts.ts'
import { carryOut } from '../steps/carry-out.ts'
import { Changes, type StepContext } from '../steps/context.ts'
import { Journal } from '../steps/journal.ts'
import { planSteps } from '../steps/plan.ts'
import { stepText } from '../steps/step-text.ts'
import { type Summary, summarize } from '../summary.ts'
import { unsupportedParts } from '../unsupported.ts'
import { openFetched } from './fetched-config.ts'
import { preflight } from './preflight.ts'
import type { FetchedConfig, ParsedConfig, Stage, StageContext } from './stage.ts'
import { unitWarnings } from './unit-warnings.ts'

/**
 * Makes files, directories, links and units on the target root and records that it is provisioned.
 * May be repeated after a power loss. Throws ConfigRefusedError, before anything is written where
 * that can be known.
 */
export const filesStage: Stage<FetchedConfig, void> = async (stage, fetched) => {
  const changes = new Changes()
  const summary = fetched === undefined ? undefined : await carryOutConfig(fetched, stage, changes)
  const userConfigProvided = fetched !== undefined && (fetched.isFromUser ?? true)
  recordResult(stage.root, { userConfigProvided, summary }, changes)
  stage.log.info('the host is provisioned')
}

async function carryOutConfig(
  fetched: NonNullable<FetchedConfig>,
  { root, log, fetcher }: StageContext,
  changes: Changes,
): Promise<Summary> {
  const parsed = openFetched(fetched)
  const { config } = parsed
  if (config === undefined) throw new ConfigRefusedError(parsed.problems)
  const journal = new Journal(root)
  const expected = expectAccounts(config.passwd, root, journal)
  const { accounts, userOf } = expected
  const steps = [
    ...planSteps(config, { depthOf: (path) => depthOf(path, root), userOf }),
    ...crypttabSteps(config, journal),
  ]
  const problems = [
    ...accountProblems(expected, parsed),
    ...preflight(steps, parsed, root, accounts),
    ...unitWarnings(config, parsed, root),
  ]
  if (hasErrors(problems)) throw new ConfigRefusedError(problems)
  for (const problem of problems) log.problem(problem)
  await trustAuthorities(config, parsed, fetcher)
  try {
    const downloads = await download(steps, parsed, root, fetcher)
    const context: StepContext = { root, accounts, changes, downloads, journal }
    for (const step of steps) {
      log.info(stepText(step))
      await placed(parsed, step.at, async () => carryOut(step, context))
    }
  } finally {
    removeDownloads(root)
  }
  changes.sync(existsSync)
  return summarize(config, [...parsed.problems, ...unsupportedParts(parsed, config), ...problems])
}

function accountProblems({ problems }: ExpectedAccounts, parsed: ParsedConfig) {
  return problems.map(({ severity, at, message, expected }) =>
    parsed.problem(severity, at, message, expected),
  )
}

/** Names the place in the config that asked for what failed. */
function depthOf(path: string, root: TargetRoot): number {
  try {
    return root.hostPath(root.resolve(path)).split('/').length
  } catch (error) {
    // The preflight reports it with its place; until then any depth will do.
    if (error instanceof SlipwayError) return 0
    throw error
  }
}
