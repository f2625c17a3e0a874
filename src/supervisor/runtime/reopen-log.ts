import { constants, open } from 'node:fs/promises'

/** conmon's number for this message on its control pipe; every message has two numbers more. */
const reopenMessage = 2

/** Has the conmon that has this control pipe begin a new log file; nothing when it has ended. */
export async function reopenLog(controlPipe: string): Promise<void> {
  try {
    // Not blocking: without a reader the opening fails at once.
    await using pipe = await open(controlPipe, constants.O_WRONLY | constants.O_NONBLOCK)
    await pipe.write(`${reopenMessage} 0 0\n`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENXIO' && code !== 'ENOENT' && code !== 'EPIPE') throw error
  }
}
