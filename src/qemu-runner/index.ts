/** Starts, watches and stops virtual machines under QEMU. See README.md. */
import { chooseAcceleration } from './acceleration.ts'
import type { VirtualMachine } from './machine.ts'
import type { VirtualMachineOptions } from './options.ts'
import { machinePrograms } from './programs.ts'
import { startMachine } from './start-machine.ts'

export {
  type AccelerationChoice,
  type AccelerationOptions,
  chooseAcceleration,
  defaultAccelerationCache,
} from './acceleration.ts'
export type { PlannedForward } from './arguments.ts'
export type { ConsoleLine, SerialConsole, Trouble } from './console.ts'
export { defaultDirectory } from './directory.ts'
export { type PowerCut, replayWrites } from './disk-replay.ts'
export type { Exit } from './exit.ts'
export type { VirtualMachine, WaitOptions } from './machine.ts'
export type {
  Acceleration,
  Boot,
  Content,
  Disk,
  PortForward,
  Smbios,
  TroubleSign,
  VirtualMachineOptions,
  WatchdogAction,
} from './options.ts'
export { machinePrograms, type Programs } from './programs.ts'
export type { QmpClient, QmpEvent } from './qmp.ts'
export { type LoggedRequest, openWriteLog, type WriteLog } from './write-log.ts'

/**
 * Starts a machine and gives it as soon as QEMU runs it; the guest has then barely begun to boot.
 *
 * It ends with this process at the latest. Throws SLIPWAY_QEMU_OPTION_INVALID with every mistake in the
 * options, SLIPWAY_QEMU_PROGRAM_MISSING, SLIPWAY_QEMU_FIRMWARE_MISSING, SLIPWAY_QEMU_DISK_FAILED,
 * SLIPWAY_QEMU_TPM_FAILED, SLIPWAY_QEMU_PORT_TAKEN, SLIPWAY_QEMU_START_FAILED, or the signal's reason.
 */
export async function startVirtualMachine(options: VirtualMachineOptions): Promise<VirtualMachine> {
  const programs = options.programs ?? machinePrograms()
  const acceleration = options.acceleration ?? (await probed(options, programs))
  return startMachine(options, programs, acceleration)
}

async function probed(
  options: VirtualMachineOptions,
  programs: ReturnType<typeof machinePrograms>,
): Promise<NonNullable<VirtualMachineOptions['acceleration']>> {
  const { acceleration } = await chooseAcceleration({
    programs,
    ...(options.boot.from === 'kernel' && { kernel: options.boot.kernel }),
    ...(options.directory !== undefined && { directory: options.directory }),
    ...(options.signal && { signal: options.signal }),
  })
  return acceleration
}
