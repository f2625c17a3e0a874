import { SlipwayError } from '../errors/error.ts'
import { type Arguments, readArguments } from './arguments.ts'
import { readConfigCache, writeConfigCache } from './config-cache.ts'
import { type Log, openLog } from './log.ts'
import { openProvider } from './providers/provider.ts'
import { ConfigRefusedError } from './refusal.ts'
import { isProvisioned } from './result.ts'
import { TargetRoot } from './root/target-root.ts'
import { fetchStage } from './stages/fetch.ts'
import { filesStage, StepFailedError } from './stages/files.ts'
import type { StageContext } from './stages/stage.ts'

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
  if (isProvisioned(root)) {
    log.info('the host is provisioned already')
    return
  }
  const context: StageContext = { root, log, provider: openProvider(options.platform) }
  const fetched =
    stage === 'files' ? readConfigCache(configCache) : await fetchStage(context, undefined)
  if (stage === 'fetch') writeConfigCache(configCache, fetched)
  else await filesStage(context, fetched)
}

function report(error: unknown, log: Log): number {
  if (error instanceof ConfigRefusedError)
    for (const problem of error.problems) log.problem(problem)
  if (error instanceof StepFailedError) log.problem(error.problem)
  else log.error(error instanceof Error ? error.message : String(error))
  if (!(error instanceof SlipwayError)) return 1
  if (error.next !== undefined) log.error(error.next)
  return error.exitStatus
}
