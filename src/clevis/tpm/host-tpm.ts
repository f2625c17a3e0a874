import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { clevisErrors } from '../../errors/clevis.ts'
import { isAbsence } from '../../files/absence.ts'
import type { OpenTpm } from './connection.ts'

export type TpmLimits = {
  /** How long the device is waited for: drivers may come late at boot. */
  readonly appearMs: number
  /** How long an answer is waited for: a slow chip takes half a minute to make a key. */
  readonly answerMs: number
}

const usualLimits: TpmLimits = { appearMs: 15_000, answerMs: 120_000 }

/** The kernel's resource manager: whoever opens it has the TPM for himself, and leaves nothing in it. */
const usualDevice = '/dev/tpmrm0'

/** The TPM of this machine. */
export function hostTpm({ appearMs, answerMs } = usualLimits, device = usualDevice): OpenTpm {
  return async (signal) => {
    const file = await opened(device, appearMs, signal)
    let isHanging = false
    return {
      async exchange(name, command) {
        const answer = isHanging ? undefined : await within(answerMs, transmit(file, name, command))
        isHanging = answer === undefined
        if (answer !== undefined) return answer
        throw silent(name, `nothing came in ${Math.round(answerMs / 1000)} s`)
      },
      async [Symbol.asyncDispose]() {
        // It ends with the command that the kernel is still about.
        const closed = file.close()
        if (isHanging) closed.catch(() => undefined)
        else await closed
      },
    }
  }
}

async function opened(
  device: string,
  appearMs: number,
  signal: AbortSignal | undefined,
): Promise<FileHandle> {
  const deadline = Date.now() + appearMs
  for (;;)
    try {
      return await open(device, 'r+')
    } catch (error) {
      if (!isAbsence(error)) throw silent('being opened', String(error), error)
      if (Date.now() >= deadline) throw clevisErrors.error('SLIPWAY_TPM_MISSING', { device }, error)
      await delay(100, undefined, signal && { signal })
    }
}

const largestAnswerBytes = 4096

/** The kernel takes a command in one piece, and gives an answer in one. */
async function transmit(file: FileHandle, name: string, command: Buffer): Promise<Buffer> {
  const answer = Buffer.alloc(largestAnswerBytes)
  try {
    await file.write(command)
    const { bytesRead } = await file.read(answer, 0, answer.length, null)
    return answer.subarray(0, bytesRead)
  } catch (error) {
    throw silent(name, String(error), error)
  }
}

/** Undefined where it takes longer. */
async function within<Result>(
  limitMs: number,
  result: Promise<Result>,
): Promise<Result | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([result, delay(limitMs, undefined, over)])
  } finally {
    over.abort()
  }
}

function silent(command: string, reason: string, cause?: unknown) {
  return clevisErrors.error('SLIPWAY_TPM_SILENT', { command, reason }, cause)
}
