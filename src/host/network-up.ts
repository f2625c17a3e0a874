import { setTimeout as sleep } from 'node:timers/promises'
import { readIfThere } from '../files/absence.ts'

/** What systemd-networkd says of the host's links as a whole; see networkctl(1), operational states. */
const stateFile = '/run/systemd/netif/state'
const intervalMs = 50

export type NetworkWait = {
  /** A host without a network waits no longer, and hears from what it tries what is wrong. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly file?: string
}

/**
 * Waits until an address of the host leads somewhere, or `timeoutMs` are over: true or false. Throws the
 * signal's reason.
 */
export async function networkIsUp(options: NetworkWait): Promise<boolean> {
  const { timeoutMs, signal, file = stateFile } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    if (isRoutable(await readState(file))) return true
    if (performance.now() >= deadline) return false
    await sleep(intervalMs, undefined, signal && { signal })
  }
}

/** Whether networkd's state file tells of an address that is reached from outside. */
export function isRoutable(text: string): boolean {
  return /^OPER_STATE=routable$/m.test(text)
}

/** Before networkd runs there is no file. */
async function readState(file: string): Promise<string> {
  return (await readIfThere(file)) ?? ''
}
