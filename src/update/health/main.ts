import { setTimeout as sleep } from 'node:timers/promises'
import { describeError, type Log, standardErrorLog } from '../../journal/log.ts'
import { recordBoot } from '../agent/boot-facts.ts'
import { logOutcome } from '../agent/log-outcome.ts'
import { tellOnConsole } from '../agent/tell-on-console.ts'
import { loadUpdateSettings } from '../settings/settings.ts'
import { advance } from '../state/advance.ts'
import { saveUpdateState } from '../state/state-file.ts'
import { loadBaseline } from './baseline.ts'
import { type Check, checksFor } from './checks.ts'
import { healthGate, standardTiming } from './gate.ts'

/** Where the settings are of no use, nobody said that a release may take longer. */
const standardTimeoutMs = 600_000
/** A boot that is no trial has only to show that its supervisor is there. */
const plainTimeoutMs = 60_000

/** This log knows no notices. */
const levels = { error: 'error', warning: 'warning', notice: 'info', info: 'info' } as const

const time = { now: () => performance.now(), sleep: async (ms: number) => void (await sleep(ms)) }

/**
 * `slipway-host health`: part of boot-complete.target, so that a release is found good only when the checks of the
 * host hold. Exit status 1 when they do not; then the state says which one.
 */
export async function checkHealth(): Promise<number> {
  const log = standardErrorLog()
  const { before, state } = await recordBoot()
  logOutcome(before, state, (severity, text) => log[levels[severity]](text))
  await tellOnConsole(before, state)
  const isTrial = state.phase.kind === 'trying'
  const { checks, timeoutMs } = isTrial ? await trialChecks(log) : plainChecks()
  const verdict = await healthGate(
    checks,
    { ...standardTiming, timeoutMs },
    time,
    (check, reason) => log.info(`${check}: ${reason}`),
  )
  if (verdict.healthy) {
    log.info(`all checks hold: ${checks.map(({ name }) => name).join(', ')}`)
    return 0
  }
  const { check, reason } = verdict
  log.error(`${check} does not hold after ${timeoutMs / 1000} s: ${reason}`)
  if (isTrial) {
    const at = new Date().toISOString()
    await saveUpdateState(advance(state, { kind: 'unhealthy', at, check, reason }))
  }
  return 1
}

type Checks = { readonly checks: readonly Check[]; readonly timeoutMs: number }

async function trialChecks(log: Log): Promise<Checks> {
  const { problem, ...baseline } = await loadBaseline()
  if (problem !== undefined) log.warning(`nothing to compare with: ${problem}`)
  const all = { baseline, containers: true, network: true }
  try {
    const settings = await loadUpdateSettings()
    if (!settings.enabled) return { checks: checksFor(all), timeoutMs: standardTimeoutMs }
    const { containers, network, server, timeoutMs } = settings.health
    const asked = { ...all, containers, network, ...(server && { server: settings.server }) }
    return { checks: checksFor(asked), timeoutMs }
  } catch (error) {
    log.warning(`the checks are those of a host without settings: ${describeError(error)}`)
    return { checks: checksFor(all), timeoutMs: standardTimeoutMs }
  }
}

function plainChecks(): Checks {
  const nothing = { containers: [], interfaces: [] }
  const checks = checksFor({ baseline: nothing, containers: false, network: false })
  return { checks, timeoutMs: plainTimeoutMs }
}
