import { existsSync } from 'node:fs'
import { SlipwayError } from '../../errors/error.ts'
import { hasErrors, type Path, parseConfig } from '../../ignition-schema/index.ts'
import { crypttabSteps } from '../disks/crypttab.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { recordResult } from '../result.ts'
import { readAccounts } from '../root/accounts.ts'
import type { TargetRoot } from '../root/target-root.ts'
import { carryOut } from '../steps/carry-out.ts'
import { Changes, type StepContext } from '../steps/context.ts'
import { Journal } from '../steps/journal.ts'
import { planSteps } from '../steps/plan.ts'
import type { Step } from '../steps/step.ts'
import { preflight } from './preflight.ts'
import type { FetchedConfig, ParsedConfig, Stage, StageContext } from './stage.ts'

/**
 * Makes files, directories, links and units on the target root and records that it is provisioned.
 * May be repeated after a power loss. Throws ConfigRefusedError, before anything is written where
 * that can be known.
 */
export const filesStage: Stage<FetchedConfig, void> = async (stage, fetched) => {
  const changes = new Changes()
  if (fetched !== undefined) carryOutConfig(fetched, stage, changes)
  recordResult(stage.root, { userConfigProvided: fetched !== undefined }, changes)
  stage.log.info('the host is provisioned')
}

function carryOutConfig(
  fetched: NonNullable<FetchedConfig>,
  { root, log }: StageContext,
  changes: Changes,
): void {
  const parsed = parseConfig(fetched.text, fetched.source)
  const { config } = parsed
  if (config === undefined) throw new ConfigRefusedError(parsed.problems)
  const accounts = readAccounts(root)
  const journal = new Journal(root)
  const volumes = crypttabSteps(config, journal)
  const steps = [...planSteps(config, (path) => depthOf(path, root)), ...volumes]
  const problems = preflight(steps, parsed, root, accounts)
  if (hasErrors(problems)) throw new ConfigRefusedError(problems)
  const context: StepContext = { root, accounts, changes, journal }
  for (const step of steps) {
    log.info(wording(step))
    carryOutAt(step, context, parsed)
  }
  changes.sync(existsSync)
}

/** Names the place in the config that asked for what failed. */
function carryOutAt(step: Step, context: StepContext, parsed: ParsedConfig): void {
  try {
    carryOut(step, context)
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    throw new StepFailedError(parsed, step, error)
  }
}

/** A step's own error, with the line of the config it comes from. */
export class StepFailedError extends SlipwayError {
  readonly problem: ReturnType<ParsedConfig['problem']>

  constructor(parsed: ParsedConfig, step: { readonly at: Path }, error: SlipwayError) {
    const { code, message, next, details } = error
    super(code, next === undefined ? { message } : { message, next }, details, error)
    this.problem = parsed.problem('error', step.at, message)
  }
}

function depthOf(path: string, root: TargetRoot): number {
  try {
    return root.hostPath(root.resolve(path)).split('/').length
  } catch (error) {
    // The preflight reports it with its place; until then any depth will do.
    if (error instanceof SlipwayError) return 0
    throw error
  }
}

function wording(step: Step): string {
  switch (step.kind) {
    case 'link':
      return `linking ${step.path} to ${step.target}`
    case 'unmask':
      return `unmasking ${step.path}`
    case 'disable':
      return `disabling ${step.unit}`
    case 'lines':
      return `presetting units in ${step.path}`
    default:
      return `writing ${step.kind} ${step.path}`
  }
}
