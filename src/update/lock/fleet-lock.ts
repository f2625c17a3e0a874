import { readFile } from 'node:fs/promises'
import { updatePlanErrors } from '../../errors/update-plan.ts'
import { delayBefore, isPassingError, isPassingStatus, wait as sleep } from '../../http/retry.ts'
import type { LockSettings } from '../settings/settings.ts'
import { answerOf, type LockAnswer } from './answer.ts'
import { type Answer, post } from './post.ts'

/** A host's side of the FleetLock protocol: it asks before a reboot, and tells when it is back. */
export type FleetLockClient = {
  /** The server's base address; ends in `/`. */
  readonly url: string
  readonly group: string
  /** Who asks; the same at every request. */
  readonly id: string
  /** Certificates (PEM) that the server's must come from; Node's own unless given. */
  readonly ca?: string
  /** For one request from its start to the answer's end. */
  readonly timeoutMs?: number
  /** Tries until an unreachable or overloaded server is given up. */
  readonly attempts?: number
  readonly signal?: AbortSignal
  /** Waits between tries; tests have no time. */
  readonly wait?: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>
}

const standardTimeoutMs = 30_000
const standardAttempts = 4
const backoff = { firstDelayMs: 1000, maximumDelayMs: 30_000 }

/**
 * The client that the settings ask for.
 *
 * @throws SLIPWAY_UPDATE_LOCK_CERTIFICATE when the file of certificates cannot be read.
 */
export async function fleetLockClient(
  settings: LockSettings,
  id: string,
): Promise<FleetLockClient> {
  const { url, group, caCertificate } = settings
  if (caCertificate === undefined) return { url, group, id }
  const ca = await readFile(caCertificate, 'utf8').catch((cause: unknown) => {
    throw updatePlanErrors.error('SLIPWAY_UPDATE_LOCK_CERTIFICATE', { file: caCertificate }, cause)
  })
  return { url, group, id, ca }
}

/**
 * Asks for the lock: before a reboot. Asking again while it is held is granted.
 *
 * @throws SLIPWAY_UPDATE_LOCK_UNREACHABLE after all tries, SLIPWAY_UPDATE_LOCK_UNTRUSTED for a certificate that is
 * not to be trusted. The signal's reason when aborted. After any of them the lock may be held: the answer may have been lost.
 */
export function requestLock(client: FleetLockClient): Promise<LockAnswer> {
  return ask(client, 'v1/pre-reboot')
}

/** Gives the lock back: in steady state. Giving back what is not held is granted. Throws as `requestLock` does. */
export function releaseLock(client: FleetLockClient): Promise<LockAnswer> {
  return ask(client, 'v1/steady-state')
}

async function ask(client: FleetLockClient, path: string): Promise<LockAnswer> {
  const { attempts = standardAttempts, signal, wait = sleep } = client
  for (let attempt = 1; ; attempt += 1) {
    const result = await tryOnce(client, path)
    const last = attempt >= attempts
    if ('status' in result) {
      if (last || !isPassingStatus(result.status)) return answerOf(result)
    } else {
      signal?.throwIfAborted()
      if (last || !mayPass(result.error)) throw reported(client, result.error)
    }
    await wait(delayBefore(attempt + 1, { ...backoff, attempts, maximumRetryAfterMs: 0 }), signal)
  }
}

async function tryOnce(
  client: FleetLockClient,
  path: string,
): Promise<Answer | { readonly error: unknown }> {
  const { url, group, id, ca, timeoutMs = standardTimeoutMs, signal } = client
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    return await post(new URL(path, url), {
      body: JSON.stringify({ client_params: { id, group } }),
      headers: { 'content-type': 'application/json', 'fleet-lock-protocol': 'true' },
      ...(ca !== undefined && { ca }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (error) {
    return { error: timeout.aborted ? timeout.reason : error }
  }
}

function mayPass(error: unknown): boolean {
  return isPassingError(error) || isTimeout(error)
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function reported(client: FleetLockClient, error: unknown): Error {
  const { url, timeoutMs = standardTimeoutMs } = client
  const reason = isTimeout(error)
    ? `no answer within ${timeoutMs / 1000} s`
    : error instanceof Error
      ? error.message
      : String(error)
  const code = isDistrust(error)
    ? 'SLIPWAY_UPDATE_LOCK_UNTRUSTED'
    : 'SLIPWAY_UPDATE_LOCK_UNREACHABLE'
  return updatePlanErrors.error(code, { url, reason }, error)
}

/** OpenSSL's and Node's codes for certificates that do not prove the server. */
function isDistrust(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_|^ERR_SSL_/.test(String(error.code))
}
