import { constants, open } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'

/** In characters. */
export type TerminalSize = { readonly rows: number; readonly columns: number }

/** conmon's number for a message with a size on its control pipe. */
const resizeMessage = 1

/**
 * Tells the conmon that has this control pipe the size of its terminal. Throws
 * SLIPWAY_SUPERVISOR_NO_TERMINAL when nobody listens there.
 */
export async function resizeTerminal(
  controlPipe: string,
  { rows, columns }: TerminalSize,
): Promise<void> {
  try {
    // Not blocking: without a reader the opening fails at once.
    await using pipe = await open(controlPipe, constants.O_WRONLY | constants.O_NONBLOCK)
    await pipe.write(`${resizeMessage} ${rows} ${columns}\n`)
  } catch (error) {
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NO_TERMINAL', {}, error)
  }
}
