import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import { postJson } from '../../supervisor/api/client.ts'
import { observeHost, supervisorSocket } from '../health/observe.ts'
import { discoverLayout } from '../slot/discover.ts'
import type { AgentHost, Severity } from './host.ts'
import { agentPaths } from './paths.ts'

/** Unit names that more than one program knows. */
export const updateService = 'slipway-update.service'
const wakeUnit = 'slipway-update-wake'

/** The host that this program runs on. */
export function systemHost(signal: AbortSignal): AgentHost {
  return {
    paths: agentPaths,
    now: () => new Date(),
    random: Math.random,
    log: logToJournal,
    discover: () => discoverLayout(),
    observe: () => observeHost(),
    pullImages: async (release) => {
      await postJson(supervisorSocket, '/slipway/release-images', release, signal)
    },
    reboot: () => run('systemctl', ['reboot']),
    wakeIn,
    signal,
  }
}

/** A transient timer, so that nothing of the agent stays in memory. */
async function wakeIn(delayMs: number): Promise<void> {
  // The one before, if it is there: systemctl fails for a unit that is not loaded, after it stopped the others.
  await run('systemctl', ['stop', `${wakeUnit}.timer`, `${wakeUnit}.service`]).catch(
    (error: unknown) => {
      if (!/not loaded/.test(String(error))) throw error
    },
  )
  await run('systemd-run', [
    '--quiet',
    '--collect',
    `--unit=${wakeUnit}`,
    '--description=Begin the next turn of the update agent',
    `--on-active=${Math.ceil(delayMs / 1000)}s`,
    '--timer-property=AccuracySec=5s',
    'systemctl',
    'start',
    '--no-block',
    updateService,
  ])
}

/** Severities of syslog(3); journald takes them from the beginning of each line, see sd-daemon(3). */
const levels: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5, info: 6 }

function logToJournal(severity: Severity, text: string): void {
  const prefix = process.env.JOURNAL_STREAM === undefined ? '' : `<${levels[severity]}>`
  for (const line of text.split('\n')) process.stderr.write(`${prefix}${line}\n`)
}

async function run(program: string, parameters: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, parameters)
  } catch (cause) {
    const { stderr = '', message } = cause as { stderr?: string; message: string }
    const details = {
      program: [program, ...parameters].join(' '),
      reason: stderr.trim() || message,
    }
    throw updateAgentErrors.error('SLIPWAY_UPDATE_PROGRAM_FAILED', details, cause)
  }
}
