import type { ErrorDefinition } from './error.ts'
import { ignitionErrors } from './ignition.ts'
import { imageErrors } from './image.ts'
import { imagesErrors } from './images.ts'
import { kernelErrors } from './kernel.ts'
import { qemuErrors } from './qemu.ts'
import { supervisorErrors } from './supervisor.ts'

/** Every error that Slipway can report, by its code; each domain adds its own definitions here. */
export const catalogue: Readonly<Record<string, ErrorDefinition>> = {
  ...ignitionErrors.definitions,
  ...imageErrors.definitions,
  ...imagesErrors.definitions,
  ...kernelErrors.definitions,
  ...qemuErrors.definitions,
  ...supervisorErrors.definitions,
}
