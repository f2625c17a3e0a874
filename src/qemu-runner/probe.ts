import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isSlipwayError } from '../errors/error.ts'
import type { AccelerationChoice, AccelerationOptions } from './acceleration.ts'
import { defaultDirectory, openPrivateDirectory } from './directory.ts'
import { exitText } from './exit.ts'
import type { Acceleration, VirtualMachineOptions } from './options.ts'
import {
  bootSectorDisk,
  bootSectorStatus,
  debugExitPort,
  initLine,
  probeInitramfs,
} from './probe-guest.ts'
import { startMachine } from './start-machine.ts'

/** Real KVM needs well under a second for either guest. */
const probeLimitMs = 5000

/** Runs a tiny guest under KVM: `kvm` when it gets through in time, else `tcg` with what went wrong. */
export async function probeAcceleration(options: AccelerationOptions): Promise<AccelerationChoice> {
  const failure = await probeFailure(options, 'kvm')
  return failure === undefined
    ? { acceleration: 'kvm', reason: 'a guest ran under KVM' }
    : { acceleration: 'tcg', reason: `no guest runs under KVM here: ${failure}` }
}

/** Runs the tiny guest under an acceleration; what went wrong, or undefined when nothing did. */
export async function probeFailure(
  options: AccelerationOptions,
  acceleration: Acceleration,
  limitMs = probeLimitMs,
): Promise<string | undefined> {
  const directory = await openPrivateDirectory(options.directory ?? defaultDirectory())
  try {
    return await (options.kernel === undefined
      ? bootSectorFailure(options, acceleration, directory, limitMs)
      : kernelFailure(options, options.kernel, acceleration, directory, limitMs))
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isProbeAnswer(error)) throw error
    return answerText(error)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The errors that tell about the acceleration, unlike a program or a file that is missing. */
function isProbeAnswer(error: unknown): error is Error {
  return ['START_FAILED', 'WAIT_TIMEOUT', 'EXITED', 'TIME_LIMIT'].some((what) =>
    isSlipwayError(error, `SLIPWAY_QEMU_${what}`),
  )
}

async function bootSectorFailure(
  options: AccelerationOptions,
  acceleration: Acceleration,
  directory: string,
  limitMs: number,
): Promise<string | undefined> {
  const image = join(directory, 'boot-sector.raw')
  await writeFile(image, bootSectorDisk())
  const port = `0x${debugExitPort.toString(16)}`
  await using machine = await startMachine(
    {
      ...probeOptions(options, directory),
      boot: { from: 'bios' },
      disks: [{ image }],
      extraArguments: ['-device', `isa-debug-exit,iobase=${port},iosize=4`],
    },
    options.programs,
    acceleration,
  )
  const exit = await machine.waitForExit({ timeoutMs: limitMs })
  return exit.status === bootSectorStatus ? undefined : exitText(exit)
}

async function kernelFailure(
  options: AccelerationOptions,
  kernel: string,
  acceleration: Acceleration,
  directory: string,
  limitMs: number,
): Promise<string | undefined> {
  const initrd = join(directory, 'initramfs')
  await writeFile(initrd, probeInitramfs())
  const commandLine = 'console=ttyS0 quiet panic=-1 rdinit=/init'
  await using machine = await startMachine(
    { ...probeOptions(options, directory), boot: { from: 'kernel', kernel, initrd, commandLine } },
    options.programs,
    acceleration,
  )
  await machine.waitForLine(new RegExp(initLine), { timeoutMs: limitMs })
  return undefined
}

function probeOptions(options: AccelerationOptions, directory: string) {
  return {
    name: 'acceleration-probe',
    directory: join(directory, 'machines'),
    network: 'none',
    memoryMiB: 256,
    cpus: 1,
    exitOnReboot: true,
    ...(options.signal && { signal: options.signal }),
  } satisfies Partial<VirtualMachineOptions>
}

/** One line: QEMU's last words where it did not start, else what did not happen (the log follows it). */
function answerText(error: Error): string {
  const lines = error.message.trim().split('\n')
  const line = isSlipwayError(error, 'SLIPWAY_QEMU_START_FAILED') ? lines.at(-1) : lines[0]
  return line ?? error.name
}
