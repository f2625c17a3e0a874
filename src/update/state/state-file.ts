import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSlipwayError, type SlipwayError } from '../../errors/error.ts'
import { updatePlanErrors } from '../../errors/update-plan.ts'
import { isAbsence } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { JsonShapeError, parseJson } from '../../json/value.ts'
import { initialState, type UpdateState } from './state.ts'
import { formatVersionOf, stateFormatVersion, stateFromJson, stateToJson } from './state-json.ts'

export const updateStateFile = '/var/lib/slipway/update/state.json'

/** More than this is no state of ours. */
const maximumBytes = 1024 * 1024

export type LoadedState = {
  readonly state: UpdateState
  /** Why the file was of no use: SLIPWAY_UPDATE_STATE_DAMAGED or SLIPWAY_UPDATE_STATE_NEWER. */
  readonly problem?: SlipwayError
}

/**
 * Reads what was remembered. Without a file that is nothing.
 *
 * A file that is damaged or of a newer format is set aside as `<file>.unreadable`, and the state is the initial one
 * with a hold: which releases are bad and what somebody pinned is forgotten, so nothing is taken until
 * somebody ends the hold. Other failures of the disk are thrown as they are.
 *
 * @param now ISO 8601, UTC: when the hold begins.
 */
export async function loadUpdateState(now: string, file = updateStateFile): Promise<LoadedState> {
  try {
    return { state: (await readUpdateState(file)) ?? initialState }
  } catch (error) {
    if (!isSlipwayError(error)) throw error
    const problem = error
    await rename(file, `${file}.unreadable`)
    const hold = { since: now, reason: problem.message }
    return { state: { ...initialState, hold }, problem }
  }
}

/**
 * Reads what was remembered and changes nothing, for who only looks. Undefined without a file.
 *
 * Throws SLIPWAY_UPDATE_STATE_DAMAGED or SLIPWAY_UPDATE_STATE_NEWER; other failures of the disk as they are.
 */
export async function readUpdateState(file = updateStateFile): Promise<UpdateState | undefined> {
  const bytes = await readSmall(file)
  if (bytes === undefined) return undefined
  try {
    const value = parseJson(bytes)
    const found = formatVersionOf(value)
    const details = { file, found, known: stateFormatVersion }
    if (found > stateFormatVersion)
      throw updatePlanErrors.error('SLIPWAY_UPDATE_STATE_NEWER', details)
    return stateFromJson(value)
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error
    const details = { file, reason: error.message }
    throw updatePlanErrors.error('SLIPWAY_UPDATE_STATE_DAMAGED', details, error)
  }
}

/**
 * Writes what is to be remembered, so that after a crash or power loss the file has the old state or the new one.
 * One at a time.
 */
export async function saveUpdateState(state: UpdateState, file = updateStateFile): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFileAtomically(file, stateToJson(state))
}

/** Undefined when there is no file. */
async function readSmall(file: string): Promise<Uint8Array | undefined> {
  try {
    await using handle = await open(file, 'r')
    const buffer = Buffer.alloc(maximumBytes + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}
