import { readdirSync, readFileSync } from 'node:fs'
import { ignitionErrors } from '../../errors/ignition.ts'
import { isAbsence } from '../../files/absence.ts'
import { reasonOf } from '../sources/failure.ts'

/** A file's bytes; undefined when it is missing. Throws SLIPWAY_IGNITION_SOURCE_UNREADABLE. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isAbsence(error)) return undefined
    const details = { path, reason: reasonOf(error) }
    throw ignitionErrors.error('SLIPWAY_IGNITION_SOURCE_UNREADABLE', details, error)
  }
}

/** The names in a directory; none when it is missing. */
export function namesIfThere(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}
