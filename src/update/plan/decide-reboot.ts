import { nextOpening, type RebootWindow } from '../schedule/window.ts'
import type { Strategy } from '../settings/schema.ts'
import type { Hold } from '../state/state.ts'

/** All that counts when a host asks itself whether it may reboot. Times are milliseconds since 1970. */
export type RebootSituation = {
  /** The release that waits in the other slot. */
  readonly staged?: string
  readonly hold?: Hold
  readonly strategy: Strategy
  readonly windows: readonly RebootWindow[]
  /** What the lock server said last; counts with the strategy `lock` alone. */
  readonly lock: LockState
  /** Somebody asks for the reboot: neither hold, strategy nor lock stop it. */
  readonly byHand: boolean
  readonly nowMs: number
}

export type LockState =
  | { readonly kind: 'unasked' }
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAtMs: number }

/** Whether to reboot, each with a sentence for people that tells why. */
export type RebootDecision =
  | { readonly kind: 'now'; readonly reason: string }
  /** Not now; ask again at `atMs`. */
  | { readonly kind: 'at'; readonly atMs: number; readonly reason: string }
  /** The lock server must be asked now. */
  | { readonly kind: 'lock'; readonly reason: string }
  /** Not by itself. */
  | {
      readonly kind: 'never'
      readonly because: 'nothing-waits' | 'held' | 'manual' | 'no-window'
      readonly reason: string
    }

/** Decides whether the host may reboot into the release that waits. */
export function decideReboot(situation: RebootSituation): RebootDecision {
  const { staged, hold, strategy, windows, byHand } = situation
  if (staged === undefined)
    return { kind: 'never', because: 'nothing-waits', reason: 'no release waits for a reboot' }
  if (byHand) return { kind: 'now', reason: `somebody asked to reboot into ${staged}` }
  if (hold !== undefined)
    return {
      kind: 'never',
      because: 'held',
      reason: `updates are held since ${hold.since}${hold.reason === undefined ? '' : `: ${hold.reason}`}; ${staged} waits`,
    }
  switch (strategy) {
    case 'immediate':
      return { kind: 'now', reason: `${staged} is in place` }
    case 'manual':
      return {
        kind: 'never',
        because: 'manual',
        reason: `${staged} waits until somebody reboots this host`,
      }
    case 'window':
      return (
        closed(situation, staged) ?? {
          kind: 'now',
          reason: `${staged} is in place, and a window is open`,
        }
      )
    case 'lock': {
      const wait = windows.length === 0 ? undefined : closed(situation, staged)
      return wait ?? byLock(situation, staged)
    }
  }
}

/** What to wait for, or undefined when a window is open. */
function closed({ windows, nowMs }: RebootSituation, staged: string): RebootDecision | undefined {
  const next = nextOpening(windows, nowMs)
  if (next === undefined)
    return {
      kind: 'never',
      because: 'no-window',
      reason: `${staged} waits for a window, and there are none`,
    }
  if (next.opensAtMs <= nowMs) return undefined
  return {
    kind: 'at',
    atMs: next.opensAtMs,
    reason: `${staged} waits for the window that opens at ${new Date(next.opensAtMs).toISOString()}`,
  }
}

function byLock({ lock, nowMs }: RebootSituation, staged: string): RebootDecision {
  if (lock.kind === 'granted')
    return { kind: 'now', reason: `${staged} is in place, and the lock server allows the reboot` }
  if (lock.kind === 'refused' && lock.retryAtMs > nowMs)
    return {
      kind: 'at',
      atMs: lock.retryAtMs,
      reason: `${staged} waits for the lock server, which does not allow the reboot yet: ${lock.reason}`,
    }
  return { kind: 'lock', reason: `${staged} is in place; the lock server is asked` }
}
