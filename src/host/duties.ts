import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { describeError, type Log } from '../journal/log.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { formatBootTimes, readBootMoments, splitBootTimes } from './boot-times.ts'
import { watchPowerButton } from './power-button.ts'

/** How long the account of the boot waits for declared containers. */
const containersTimeoutMs = 120_000

/**
 * What the host does beside containers until `signal` aborts: powers off when its power button is pressed
 * (there is no logind to do it), and tells on the console where the boot's time went. Failures are
 * logged: a host without a power button runs all the same.
 */
export async function startHostDuties(
  supervisor: Supervisor,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { devices } = await watchPowerButton(() => powerOff(log), { signal })
    if (devices.length === 0) log.warning('this machine has no power button to watch')
  } catch (error) {
    log.warning(`the power button is not watched: ${describeError(error)}`)
  }
  try {
    const running = await containersRun(supervisor, signal)
    if (signal.aborted) return
    const times = formatBootTimes(splitBootTimes(await readBootMoments()))
    const note = running ? '' : ' (not all declared containers run)'
    await writeFile('/dev/console', `slipway: booted: ${times}${note}\n`)
  } catch (error) {
    log.warning(`the boot's times are not known: ${describeError(error)}`)
  }
}

function powerOff(log: Log): void {
  log.info('the power button was pressed: powering off')
  execFile('systemctl', ['poweroff', '--no-block'], (error) => {
    if (error) log.error(`systemctl poweroff failed: ${error.message}`)
  })
}

/** Waits until every declared service has a running container; false when that takes too long. */
async function containersRun(supervisor: Supervisor, signal: AbortSignal): Promise<boolean> {
  const declared = supervisor.declaration.projects.flatMap(({ services }) => services).length
  for (let waitedMs = 0; waitedMs < containersTimeoutMs && !signal.aborted; waitedMs += 100) {
    const running = supervisor.containers.filter(({ state }) => state.status === 'running')
    if (running.length >= declared) return true
    await delay(100, undefined, { ref: false })
  }
  return false
}
