import { describeError } from '../../journal/log.ts'
import { saveBaseline } from '../health/baseline.ts'
import type { Session } from './session.ts'

/**
 * Notes what is well now, for the checks after the reboot. When the release is ready, since somebody may reboot at
 * any time, and again right before a reboot of the agent's own. A host whose supervisor does not answer
 * keeps what was noted before.
 */
export async function keepBaseline({ host }: Session): Promise<void> {
  try {
    await saveBaseline(await host.observe(), host.paths.baseline)
  } catch (error) {
    host.log('warning', `What is well now was not noted: ${describeError(error)}`)
  }
}
