import { existsSync } from 'node:fs'
import { SlipwayError } from '../../errors/error.ts'
import { hasErrors } from '../../ignition-schema/index.ts'
import { trustAuthorities } from '../assembly/authorities.ts'
import { crypttabSteps } from '../disks/crypttab.ts'
import { download, removeDownloads } from '../downloads.ts'
import { KeptHere, KeptInJournal } from '../kept.ts'
import { keepPlace, volumesBelowRoot } from '../other-root/keep-place.ts'
import { rootFilesystem, targetOf } from '../other-root/root-filesystem.ts'
import { placed } from '../placed-error.ts'
import { metadataWarnings } from '../platform-metadata/warnings.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { isProvisioned, recordResult } from '../result.ts'
import type { TargetRoot } from '../root/target-root.ts'
import { reasonOf } from '../sources/failure.ts'
import { type ExpectedAccounts, expectAccounts, keptAccounts } from '../steps/accounts.ts'
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
  const userConfigProvided = fetched !== undefined && (fetched.isFromUser ?? true)
  const config = fetched === undefined ? undefined : openFetched(fetched).config
  const root = config === undefined ? stage.root : targetOf(stage.root, config)
  const other = config === undefined ? undefined : rootFilesystem(config)
  // On a root of its own this is a run after a power loss that came between its mark and that of the boot disk.
  if (other === undefined || !isProvisioned(root)) {
    const changes = new Changes()
    const summary =
      fetched === undefined
        ? undefined
        : await carryOutConfig(fetched, { ...stage, root }, changes, new Journal(stage.root))
    recordResult(root, { userConfigProvided, summary }, changes)
  }
  if (config !== undefined && other !== undefined) await keepPlace(other, config, stage.root)
  stage.log.info('the host is provisioned')
  if (userConfigProvided && !keepsConfig(fetched)) await forgetConfig(stage)
}

/** Whether the config masks the unit that has the platform forget it where the reference implementation runs. */
function keepsConfig(fetched: NonNullable<FetchedConfig>): boolean {
  const units = openFetched(fetched).config?.systemd?.units ?? []
  return units.some(({ name, mask }) => name === 'ignition-delete-config.service' && mask === true)
}

/** When all that the config asks for is on the disk; a host is not stopped for it any more. */
async function forgetConfig({ provider, log, fetcher }: StageContext): Promise<void> {
  if (provider.forget === undefined) return
  try {
    await provider.forget({ log, fetcher })
    log.info('the platform was told to forget the config')
  } catch (error) {
    log.error(`the platform keeps the config: ${reasonOf(error)}`)
  }
}

async function carryOutConfig(
  fetched: NonNullable<FetchedConfig>,
  { root, log, fetcher }: StageContext,
  changes: Changes,
  records: Journal,
): Promise<Summary> {
  const parsed = openFetched(fetched)
  const { config } = parsed
  if (config === undefined) throw new ConfigRefusedError(parsed.problems)
  const journal = new Journal(root)
  const expected = expectAccounts(config.passwd, root, journal)
  const { accounts, userOf } = expected
  const steps = [
    ...planSteps(config, { depthOf: (path) => depthOf(path, root), userOf }),
    ...crypttabSteps(config, records, await volumesBelowRoot(config)),
  ]
  const problems = [
    ...accountProblems(expected, parsed),
    ...preflight(steps, parsed, root, accounts),
    ...unitWarnings(config, parsed, root),
    ...metadataWarnings(config, parsed),
  ]
  if (hasErrors(problems)) throw new ConfigRefusedError(problems)
  for (const problem of problems) log.problem(problem)
  await trustAuthorities(config, parsed, fetcher)
  const nodes = new KeptHere()
  const kept = [nodes, keptAccounts(config.passwd ?? {}, root, journal), new KeptInJournal(records)]
  try {
    const downloads = await download(steps, parsed, root, fetcher)
    const context: StepContext = { root, accounts, changes, downloads, journal, kept: nodes }
    for (const step of steps) {
      log.info(stepText(step))
      await placed(parsed, step.at, async () => carryOut(step, context))
    }
  } finally {
    removeDownloads(root)
  }
  changes.sync(existsSync)
  return summarize(config, [...parsed.problems, ...unsupportedParts(parsed, config), ...problems], {
    documents: fetched.documents,
    fetched: fetcher.fetched,
    kept,
  })
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
