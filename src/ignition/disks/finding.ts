import type { Path } from '../../ignition-schema/index.ts'

/** Why a part of the config cannot be carried out on what is there, and what could be. */
export type Finding = {
  readonly at: Path
  /** Names the device, what is there and what was asked. */
  readonly message: string
  readonly expected: string
}
