import { clevisErrors } from '../errors/clevis.ts'
import { valueAt } from '../json/value.ts'
import type { Encrypted } from './encryption.ts'
import { combine, readShared } from './sharing.ts'
import { type AskTang, decryptByTang, readTangSecret } from './tang.ts'
import type { OpenTpm } from './tpm/connection.ts'
import { decryptByTpm, readTpmSecret } from './tpm2.ts'

/** Who gives back secrets, or shares of them. */
export type Holders = { readonly ask: AskTang; readonly openTpm: OpenTpm }

/**
 * Gets a secret back that was encrypted by clevis' pins "tang", "tpm2" and "sss", or in their way here.
 * @throws SLIPWAY_CLEVIS_SECRET for other pins, SLIPWAY_CLEVIS_TOO_FEW, SLIPWAY_TANG_ANSWER, SLIPWAY_TPM_…, what
 * `ask` throws
 */
export async function decryptSecret(
  encrypted: Encrypted,
  holders: Holders,
  signal?: AbortSignal,
): Promise<Buffer> {
  const pin = valueAt(encrypted.header, 'clevis', 'pin')
  switch (pin) {
    case 'tang':
      return await decryptByTang(readTangSecret(encrypted), (url, body) =>
        holders.ask(url, body, signal),
      )
    case 'tpm2':
      return await decryptByTpm(readTpmSecret(encrypted), holders.openTpm, signal)
    case 'sss':
      return await decryptByShares(encrypted, holders, signal)
    default: {
      const reason = typeof pin === 'string' ? `nothing here knows the pin ${pin}` : 'it has no pin'
      throw clevisErrors.error('SLIPWAY_CLEVIS_SECRET', { reason })
    }
  }
}

async function decryptByShares(
  encrypted: Encrypted,
  holders: Holders,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const shared = readShared(encrypted)
  const tries = shared.shares.map(
    (share) => (either: AbortSignal) => decryptSecret(share, holders, either),
  )
  const shares = await firstOf(tries, shared.threshold, signal)
  const secret = combine(encrypted, shared, shares)
  if (secret !== undefined) return secret
  throw clevisErrors.error('SLIPWAY_CLEVIS_SECRET', { reason: 'its shares do not fit together' })
}

/**
 * What as many as `wanted` of the tries give, whichever are first; the others are ended then.
 * @throws the reason where one try was all that there were, SLIPWAY_CLEVIS_TOO_FEW, the signal's reason
 */
export async function firstOf<Result>(
  tries: readonly ((signal: AbortSignal) => Promise<Result>)[],
  wanted: number,
  signal?: AbortSignal,
): Promise<Result[]> {
  const enough = new AbortController()
  const either = AbortSignal.any([enough.signal, ...(signal === undefined ? [] : [signal])])
  const got: Result[] = []
  const failures: unknown[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      const judge = () => {
        if (got.length >= wanted) resolve()
        else if (tries.length - failures.length < wanted) reject(tooFew(wanted, failures))
      }
      judge()
      for (const each of tries)
        each(either)
          .then(
            (result) => got.push(result),
            (failure: unknown) => failures.push(failure),
          )
          .then(judge, reject)
    })
  } finally {
    enough.abort()
  }
  return got.slice(0, wanted)
}

function tooFew(wanted: number, failures: readonly unknown[]): unknown {
  if (wanted === 1 && failures.length === 1) return failures[0]
  const reasons = failures.map((each) => (each instanceof Error ? each.message : String(each)))
  const details = { wanted, reasons: reasons.join('; ') }
  return clevisErrors.error('SLIPWAY_CLEVIS_TOO_FEW', details, failures[0])
}
