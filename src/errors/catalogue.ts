import { benchErrors } from './bench.ts'
import { buildErrors } from './build.ts'
import { clevisErrors } from './clevis.ts'
import { configErrors } from './config.ts'
import { discoveryErrors } from './discovery.ts'
import { engineErrors } from './engine.ts'
import type { ErrorDefinition } from './error.ts'
import { fleetErrors } from './fleet.ts'
import { hostErrors } from './host.ts'
import { ignitionErrors } from './ignition.ts'
import { ignitionDiskErrors } from './ignition-disks.ts'
import { kernelArgumentsErrors } from './ignition-kernel-arguments.ts'
import { imageErrors } from './image.ts'
import { imagesErrors } from './images.ts'
import { kernelErrors } from './kernel.ts'
import { packageErrors } from './packages.ts'
import { qemuErrors } from './qemu.ts'
import { releaseErrors } from './release.ts'
import { startErrors } from './start.ts'
import { supervisorErrors } from './supervisor.ts'
import { updateErrors } from './update.ts'
import { updateAgentErrors } from './update-agent.ts'
import { updateDeltaErrors } from './update-delta.ts'
import { updatePlanErrors } from './update-plan.ts'
import { updateSlotErrors } from './update-slot.ts'

/** Every error that Slipway can report, by its code; each domain adds its own definitions here. */
export const catalogue: Readonly<Record<string, ErrorDefinition>> = {
  ...benchErrors.definitions,
  ...buildErrors.definitions,
  ...clevisErrors.definitions,
  ...configErrors.definitions,
  ...discoveryErrors.definitions,
  ...engineErrors.definitions,
  ...fleetErrors.definitions,
  ...hostErrors.definitions,
  ...ignitionErrors.definitions,
  ...ignitionDiskErrors.definitions,
  ...kernelArgumentsErrors.definitions,
  ...imageErrors.definitions,
  ...imagesErrors.definitions,
  ...kernelErrors.definitions,
  ...packageErrors.definitions,
  ...qemuErrors.definitions,
  ...releaseErrors.definitions,
  ...startErrors.definitions,
  ...supervisorErrors.definitions,
  ...updateErrors.definitions,
  ...updateAgentErrors.definitions,
  ...updateDeltaErrors.definitions,
  ...updatePlanErrors.definitions,
  ...updateSlotErrors.definitions,
}
