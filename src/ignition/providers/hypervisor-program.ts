import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ignitionErrors } from '../../errors/ignition.ts'

const run = promisify(execFile)

export type ProgramAnswer = { readonly status: number; readonly output: string }

/**
 * Asks a hypervisor through its own program: its channel needs processor instructions or ioctls
 * that a program without native code has not. Throws SLIPWAY_IGNITION_NO_CONFIG_SERVICE when the
 * image lacks the program.
 */
export async function askProgram(
  platform: string,
  [program, ...parameters]: readonly [string, ...string[]],
  bringsIt: string,
): Promise<ProgramAnswer> {
  try {
    const { stdout } = await run(program, parameters, { maxBuffer: 64 * 1024 * 1024 })
    return { status: 0, output: stdout }
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (typeof code === 'number')
      return {
        status: code,
        output: String(error instanceof Error && Reflect.get(error, 'stdout')),
      }
    throw programMissing(platform, program, bringsIt, error)
  }
}

/** SLIPWAY_IGNITION_NO_CONFIG_SERVICE, to be thrown. */
export function programMissing(
  platform: string,
  program: string,
  bringsIt: string,
  cause: unknown,
) {
  const details = {
    platform,
    reason: `the image has no program ${program}`,
    next: `Add ${bringsIt} to the packages of the image and ${program} to its executables.`,
  }
  return ignitionErrors.error('SLIPWAY_IGNITION_NO_CONFIG_SERVICE', details, cause)
}
