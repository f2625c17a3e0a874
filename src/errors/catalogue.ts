import type { ErrorDefinition } from './error.ts'
import { imageErrors } from './image.ts'

/** Every error that Slipway can report, by its code; each domain adds its own definitions here. */
export const catalogue: Readonly<Record<string, ErrorDefinition>> = {
  ...imageErrors.definitions,
}
