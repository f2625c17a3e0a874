import { setTimeout } from 'node:timers/promises'
import { clevisErrors } from '../../errors/clevis.ts'
import { flush, type Handle, type TpmCommand } from './commands.ts'
import { FieldReader } from './wire.ts'

/** A way to a TPM for one who uses it: bytes of a command go there, those of its answer come back. */
export type TpmConnection = AsyncDisposable & {
  /** One at a time. `name` is for what goes wrong. */
  exchange(name: string, command: Buffer): Promise<Buffer>
}

/** Throws SLIPWAY_TPM_MISSING, SLIPWAY_TPM_SILENT. */
export type OpenTpm = (signal?: AbortSignal) => Promise<TpmConnection>

/**
 * Has a TPM carry out a command.
 * @throws SLIPWAY_TPM_REFUSED, SLIPWAY_TPM_FOREIGN for what it did not seal, SLIPWAY_TPM_REGISTERS, SLIPWAY_TPM_SILENT
 */
export async function run<Result>(
  connection: TpmConnection,
  command: TpmCommand<Result>,
): Promise<Result> {
  const deadline = Date.now() + busyMs
  for (;;) {
    const answer = await connection.exchange(command.name, command.bytes)
    if (!isBusy(answer) || Date.now() >= deadline) return readAnswer(command, answer)
    await setTimeout(20)
  }
}

/** How long a TPM may be busy with itself: it tests what it is asked for the first time after it was switched on. */
const busyMs = 10_000

function isBusy(answer: Buffer): boolean {
  return answer.length === headerBytes && busyCodes.includes(answer.readUInt32BE(6))
}

/** TPM_RC_YIELDED, TPM_RC_TESTING, TPM_RC_RETRY: to be told again. */
const busyCodes = [0x908, 0x90a, 0x922]

/**
 * Has a TPM carry out a command that leaves something in its memory, which is taken out again after its use: without a
 * resource manager before it, a TPM holds three things.
 */
export async function using<Result>(
  connection: TpmConnection,
  command: TpmCommand<Handle>,
  use: (handle: Handle) => Promise<Result>,
): Promise<Result> {
  const handle = await run(connection, command)
  try {
    return await use(handle)
  } finally {
    // It is gone already where it was a session that was used; any other failure has its own error before.
    await run(connection, flush(handle)).catch(() => undefined)
  }
}

const headerBytes = 10

/** Reads an answer. Throws what `run` does. */
export function readAnswer<Result>({ name, read }: TpmCommand<Result>, answer: Buffer): Result {
  const cutShort = (cause?: unknown) => {
    const details = { command: name, reason: 'its answer is cut short' }
    return clevisErrors.error('SLIPWAY_TPM_SILENT', details, cause)
  }
  if (answer.length < headerBytes || answer.readUInt32BE(2) !== answer.length) throw cutShort()
  const code = answer.readUInt32BE(6)
  if (code !== 0) throw refusal(name, code)
  try {
    return read(new FieldReader(answer.subarray(headerBytes)))
  } catch (error) {
    if (error instanceof RangeError) throw cutShort(error)
    throw error
  }
}

function refusal(command: string, code: number): Error {
  // The other bits of this format tell which of the parameters, handles or sessions is meant.
  const kind = (code & 0x80) === 0 ? code : code & 0xbf
  if (command === 'TPM2_Load' && kind === integrity)
    return clevisErrors.error('SLIPWAY_TPM_FOREIGN')
  if (kind === policyFailure) return clevisErrors.error('SLIPWAY_TPM_REGISTERS')
  const known = reasons.get(kind)
  const reason = `0x${code.toString(16)}${known === undefined ? '' : `, ${known}`}`
  return clevisErrors.error('SLIPWAY_TPM_REFUSED', { command, reason })
}

const policyFailure = 0x9d
const integrity = 0x9f
const wrongPassword = 'the owner’s hierarchy has a password'
const reasons: ReadonlyMap<number, string> = new Map([
  [0x8e, wrongPassword],
  [0xa2, wrongPassword],
  [0x921, 'it is locked after too many wrong passwords'],
])
