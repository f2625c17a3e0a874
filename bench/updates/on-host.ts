import { setTimeout as delay } from 'node:timers/promises'
import { benchErrors } from '../../src/errors/bench.ts'
import type { VirtualMachine } from '../../src/qemu-runner/index.ts'
import { PROBE_PORT, runByProbe } from '../../src/start/probe.ts'

const probeTimeoutMs = 300_000
const patienceMs = 2000

/**
 * Runs a script as root on a host, once, as soon as its probe answers; gives what it printed. Throws
 * SLIPWAY_BENCH_SCRIPT_FAILED, and what ended the machine.
 */
export async function onHost(
  machine: VirtualMachine,
  script: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const port = machine.hostPort(PROBE_PORT)
  const deadline = performance.now() + probeTimeoutMs
  for (;;) {
    machine.throwIfFailed()
    try {
      await runByProbe(port, 'true', patienceMs)
      break
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(200, undefined, { signal })
    }
  }
  const { exitStatus, output } = await runByProbe(port, script, timeoutMs)
  if (exitStatus === 0) return output
  throw benchErrors.error('SLIPWAY_BENCH_SCRIPT_FAILED', { script, exitStatus, output })
}
