import { readFile } from 'node:fs/promises'
import { fleetErrors } from '../errors/fleet.ts'
import { isAbsence } from '../files/absence.ts'
import { writeFileAtomically } from '../files/atomic.ts'
import { JsonShapeError, list, object, parseJson, text } from '../json/value.ts'
import { isGroup, isHolderId } from './lock-request.ts'
import type { Holder, Locks } from './locks.ts'

const formatVersion = 1

/**
 * Reads the locks; without a file there are none.
 *
 * @throws SLIPWAY_FLEET_LOCK_STATE_UNREADABLE: a server that forgot its locks would let too many hosts reboot.
 */
export async function loadLocks(file: string): Promise<Locks> {
  const bytes = await readFile(file).catch((error: Error) => {
    if (isAbsence(error)) return undefined
    throw unreadable(file, error)
  })
  if (bytes === undefined) return {}
  try {
    const value = object(parseJson(bytes), 'the file')
    if (value.formatVersion !== formatVersion)
      throw new JsonShapeError(`formatVersion is not ${formatVersion}`)
    return locksOf(value.locks)
  } catch (error) {
    if (error instanceof JsonShapeError) throw unreadable(file, error)
    throw error
  }
}

/** Writes the locks, so that after a crash the file has the old ones or the new ones. One at a time. */
export async function saveLocks(locks: Locks, file: string): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify({ formatVersion, locks }, undefined, 2)}\n`)
}

function locksOf(value: unknown): Locks {
  const groups = Object.entries(object(value, 'locks'))
  return Object.fromEntries(
    groups.map(([group, holders]) => {
      if (!isGroup(group)) throw new JsonShapeError(`locks: "${group}" is no group`)
      const where = `locks.${group}`
      return [group, list(holders, where).map((each, index) => holder(each, `${where}[${index}]`))]
    }),
  )
}

function holder(value: unknown, where: string): Holder {
  const fields = object(value, where)
  const id = text(fields.id, `${where}.id`)
  const since = text(fields.since, `${where}.since`)
  if (!isHolderId(id)) throw new JsonShapeError(`${where}.id is no ID`)
  if (Number.isNaN(Date.parse(since))) throw new JsonShapeError(`${where}.since is no time`)
  return { id, since }
}

function unreadable(file: string, cause: Error) {
  const details = { file, reason: cause.message }
  return fleetErrors.error('SLIPWAY_FLEET_LOCK_STATE_UNREADABLE', details, cause)
}
