import { SlipwayError } from '../errors/error.ts'
import { type Arguments, readArguments } from './arguments.ts'
import { readConfigCache, writeConfigCache } from './config-cache.ts'
import { type Log, openLog } from './log.ts'
import { openProvider } from './providers/provider.ts'
import { ConfigRefusedError, DisksRefusedError } from './refusal.ts'
import { isProvisioned } from './result.ts'
import { TargetRoot } from './root/target-root.ts'
import { disksStage } from './stages/disks.ts'
import { fetchStage } from './stages/fetch.ts'
import { filesStage, StepFailedError } from './stages/files.ts'
import { mountStage } from './stages/mount.ts'
import type { FetchedConfig, StageContext } from './stages/stage.ts'
import { umountStage } from './stages/umount.ts'

/**
 * Provisions a host once, from the config that its user gave to the platform.
 * @param argv the arguments after the program's name
 * @returns the exit status: 0 done (or done before), 1 failed, 2 wrong arguments
 */
export async function main(argv: readonly string[]): Promise<number> {
  // Directories that paths imply are 0755, whatever the program was started with.
  process.umask(0o022)
  let log = openLog(false)
  try {
    const options = readArguments(argv)
    log = openLog(options.logToStdout)
    await runStages(options, log)
    return 0
  } catch (error) {
    return report(error, log)
  }
}

async function runStages(options: Arguments, log: Log): Promise<void> {
  const { stage, configCache } = options
  const root = new TargetRoot(options.root)
  const context: StageContext = { root, log, provider: openProvider(options.platform) }
  // What was mounted for writing files is unmounted after the last of them, which is the mark below.
  if (stage === 'umount') return umountStage(context, readConfigCache(configCache))
  if (isProvisioned(root)) {
    log.info('the host is provisioned already')
    return
  }
  if (stage === 'fetch') writeConfigCache(configCache, await fetchStage(context, undefined))
  else if (stage === 'all') await carryOutAll(context, await fetchStage(context, undefined))
  else await stages[stage](context, readConfigCache(configCache))
}

const stages = { disks: disksStage, mount: mountStage, files: filesStage }

async function carryOutAll(context: StageContext, fetched: FetchedConfig): Promise<void> {
  await disksStage(context, fetched)
  try {
    await mountStage(context, fetched)
    await filesStage(context, fetched)
  } catch (error) {
    // Nothing stays mounted; what went wrong first is what is told.
    await umountStage(context, fetched).catch((second: unknown) => report(second, context.log))
    throw error
  }
  await umountStage(context, fetched)
}

function report(error: unknown, log: Log): number {
  if (error instanceof ConfigRefusedError || error instanceof DisksRefusedError)
    for (const problem of error.problems) log.problem(problem)
  if (error instanceof StepFailedError) log.problem(error.problem)
  else log.error(error instanceof Error ? error.message : String(error))
  if (!(error instanceof SlipwayError)) return 1
  if (error.next !== undefined) log.error(error.next)
  return error.exitStatus
}
