import type { ErrorDefinition } from './error.ts'

/** Every error that Slipway can report, by its code; each domain adds its own definitions here. */
export const catalogue: Readonly<Record<string, ErrorDefinition>> = {}
