import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SlipwayError } from '../errors/error.ts'
import { ignitionErrors } from '../errors/ignition.ts'
import { type Arguments, readArguments, usage } from './arguments.ts'
import { type ConfigPlaces, configPlaces } from './assembly/places.ts'
import { readIfThere } from './assembly/read.ts'
import { bootId } from './boot-id.ts'
import { kernelReportAddress } from './failure-report/address.ts'
import { failureReport } from './failure-report/report.ts'
import { FailureReporter } from './failure-report/reporter.ts'
import { removeBonds } from './initrd-network/bonds.ts'
import { type Log, openLog } from './log.ts'
import { PlacedError } from './placed-error.ts'
import { openProvider } from './providers/registry.ts'
import { RefusedError } from './refusal.ts'
import { isProvisioned } from './result.ts'
import { TargetRoot } from './root/target-root.ts'
import { NetworkNeededError, reasonOf } from './sources/failure.ts'
import { Fetcher } from './sources/fetcher.ts'
import { clearCache, runStage, tellNeed } from './stages/run.ts'

declare const SLIPWAY_VERSION: string | undefined

const version = typeof SLIPWAY_VERSION === 'string' ? SLIPWAY_VERSION : '0.0.0-dev'

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
    const places = configPlaces(process.env)
    const options = readArguments(argv, () => readFileSync(places.kernelCommandLine, 'utf8'))
    if (options === 'help' || options === 'version') {
      process.stdout.write(options === 'help' ? usage : `Ignition of Slipway ${version}\n`)
      return 0
    }
    log = openLog(options.logToStdout)
    await run(options, places, log)
    return 0
  } catch (error) {
    return report(error, log)
  }
}

async function run(options: Arguments, places: ConfigPlaces, log: Log): Promise<void> {
  const { platform, stage } = options
  const root = new TargetRoot(options.root)
  // What was mounted for writing files is unmounted after the last of them, which makes that mark.
  if (stage !== 'umount' && isProvisioned(root)) {
    log.info('the host is provisioned already')
    return
  }
  const interruption = new AbortController()
  const interrupt = () => interruption.abort(new Error('interrupted'))
  const fetcher = new Fetcher({
    log,
    platform,
    isOffline: options.offline || stage === 'fetch-offline' || stage === 'all-offline',
    totalMs: options.fetchTimeoutMs,
    signal: interruption.signal,
  })
  const provider = openProvider(platform)
  const reporter = new FailureReporter(
    fetcher,
    join(dirname(options.stateFile), 'failure-report.json'),
    kernelReportAddress(readIfThere(places.kernelCommandLine)?.toString('utf8') ?? ''),
  )
  const context = { root, log, provider, fetcher, places, onUserConfig: reporter.readConfig }
  const paths = {
    config: options.configCache,
    state: options.stateFile,
    needsNet: options.needsNetFile,
  }
  if (options.clearCache) clearCache(paths)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  try {
    if (stage === 'report') return await reporter.tellPending(interruption.signal)
    await runStage(stage, context, paths)
    await provider.report?.(context, { stage })
    // Of the boot whose network was brought up for this, which is not needed any more.
    if (stage === 'all' && existsSync(options.needsNetFile))
      for (const name of removeBonds()) log.info(`took the bond ${name} of the initrd away`)
  } catch (error) {
    if (!interruption.signal.aborted && !(error instanceof NetworkNeededError)) {
      await provider.report?.(context, { stage, failure: reasonOf(error) })
      const setting = { version, platform, stage, time: new Date().toISOString(), ...bootOf() }
      const waits = await reporter.tell(failureReport(error, setting), interruption.signal)
      if (waits) tellNeed(paths)
    }
    throw error
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
  }
}

function bootOf(): { readonly bootId?: string } {
  const id = bootId()
  return id === undefined ? {} : { bootId: id }
}

function report(thrown: unknown, log: Log): number {
  const error =
    thrown instanceof NetworkNeededError
      ? ignitionErrors.error('SLIPWAY_IGNITION_OFFLINE', { reason: thrown.message }, thrown)
      : thrown
  if (error instanceof RefusedError) for (const problem of error.problems) log.problem(problem)
  if (error instanceof PlacedError) log.problem(error.problem)
  else log.error(error instanceof Error ? error.message : String(error))
  if (!(error instanceof SlipwayError)) return 1
  if (error.next !== undefined) log.error(error.next)
  return error.exitStatus
}
