import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { benchErrors } from '../src/errors/bench.ts'
import {
  type Acceleration,
  type Programs,
  startVirtualMachine,
  type VirtualMachine,
} from '../src/qemu-runner/index.ts'
import { type BootSplit, kernelStart, parseBootSplit } from './boot-split.ts'
import { containerPort, type Guest } from './guests.ts'
import { lastMemoryReport, type MemoryReport, memoryReportEnd } from './memory-report.ts'

/** What is the same for all guests. */
export type Bench = {
  readonly programs: Programs
  readonly acceleration: Acceleration
  /** Reference of the container's image, as the guest names it. */
  readonly image: string
  /** Where the consoles' logs go. */
  readonly logs: string
  readonly signal: AbortSignal
}

export const virtualMachine = { memoryMiB: 1024, cpus: 2, diskBytes: 8 * 2 ** 30 } as const

/** How long a host with its container is left alone before its memory counts. */
export const idleMs = 30_000

const answerTimeoutMs = 300_000
const reportTimeoutMs = 120_000
const askIntervalMs = 100

export type BootTimes = {
  /** From QEMU's start to the container's first answer. */
  readonly answeredMs: number
  /** From QEMU's start to the kernel's: firmware and boot loader. */
  readonly kernelStartMs?: number
  /** What the host itself says. */
  readonly split: BootSplit
}

/** Boots a guest for the first time, and takes the time until its container answers over HTTP. */
export async function timeBoot(guest: Guest, bench: Bench): Promise<BootTimes> {
  return await withMachine(guest, bench, { reportMemory: false }, async (machine, answeredMs) => {
    const { text } = await machine.waitForLine(guest.timesLine, { timeoutMs: reportTimeoutMs })
    const kernelStartMs = kernelStart(machine.console.lines)
    return {
      answeredMs,
      split: parseBootSplit(text),
      ...(kernelStartMs !== undefined && { kernelStartMs }),
    }
  })
}

/** Boots a guest and reads its memory once it has been idle for a while. */
export async function readMemory(guest: Guest, bench: Bench): Promise<MemoryReport> {
  return await withMachine(guest, bench, { reportMemory: true }, async (machine) => {
    await delay(idleMs, undefined, { signal: bench.signal })
    const after = machine.console.lines.at(-1)?.index ?? -1
    await machine.waitForLine(memoryReportEnd, { timeoutMs: reportTimeoutMs, after })
    const lines = machine.console.lines.map(({ text }) => text)
    const report = lastMemoryReport(lines)
    if (report) return report
    throw benchErrors.error('SLIPWAY_BENCH_MEMORY_UNREADABLE', {
      name: guest.side,
      text: lines.slice(-10).join('\n'),
    })
  })
}

async function withMachine<T>(
  guest: Guest,
  bench: Bench,
  options: { readonly reportMemory: boolean },
  use: (machine: VirtualMachine, answeredMs: number) => Promise<T>,
): Promise<T> {
  await mkdir(bench.logs, { recursive: true })
  const machine = await startVirtualMachine({
    ...(await guest.config(bench.image, options)),
    name: guest.side,
    boot: { from: 'firmware' },
    programs: bench.programs,
    acceleration: bench.acceleration,
    memoryMiB: virtualMachine.memoryMiB,
    cpus: virtualMachine.cpus,
    disks: [{ ...guest.disk, sizeBytes: virtualMachine.diskBytes }],
    forwards: [{ guestPort: containerPort }],
    serialLog: join(bench.logs, `${guest.side}-${options.reportMemory ? 'memory' : 'boot'}.log`),
    signal: bench.signal,
  })
  const startedMs = performance.now()
  try {
    const url = `http://127.0.0.1:${machine.hostPort(containerPort)}/`
    await answer(machine, url, bench.signal)
    return await use(machine, performance.now() - startedMs)
  } finally {
    await machine.kill()
  }
}

/**
 * Waits for the first good answer. It asks anew before the last question is answered: one that the guest
 * could not take yet hangs until TCP tries again, which would count as time of the boot.
 */
async function answer(machine: VirtualMachine, url: string, signal: AbortSignal): Promise<void> {
  const questions = new AbortController()
  const deadline = performance.now() + answerTimeoutMs
  let isAnswered = false
  const ask = async () => {
    const limit = AbortSignal.any([questions.signal, AbortSignal.timeout(2000)])
    const response = await fetch(url, { signal: limit, headers: { connection: 'close' } })
    await response.arrayBuffer()
    if (response.ok) isAnswered = true
  }
  try {
    while (!isAnswered && performance.now() < deadline) {
      signal.throwIfAborted()
      machine.throwIfFailed()
      // No answer yet is what most of these will say.
      ask().catch(() => {})
      await delay(askIntervalMs)
    }
  } finally {
    questions.abort()
  }
  if (isAnswered) return
  const [seconds, log] = [answerTimeoutMs / 1000, machine.console.tail()]
  throw benchErrors.error('SLIPWAY_BENCH_NO_ANSWER', { name: machine.name, url, seconds, log })
}
