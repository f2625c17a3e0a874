import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsence } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import {
  count,
  type JsonObject,
  JsonShapeError,
  object,
  optional,
  parseJson,
  text,
} from '../../json/value.ts'
import type { LockState } from '../plan/decide-reboot.ts'

/**
 * What one turn leaves for the next one and for `slipctl update status`, until the next boot. Times are milliseconds
 * since 1970.
 */
export type TurnMemory = {
  /** When a host looks for the first time that has never looked. */
  readonly firstCheckAtMs?: number
  /** The lock server's last refusal, or why it gave no answer. */
  readonly lock?: Extract<LockState, { kind: 'refused' }>
  /** When to tell the lock server again that this host is back. */
  readonly unlockAtMs?: number
  /** Whether the host reboots, and why not. */
  readonly reboot?: string
  /** When the next turn begins. */
  readonly wakeAtMs?: number
}

/** What the last turn left; nothing when there was none since the boot, or what it left is damaged. */
export async function readTurnMemory(run: string): Promise<TurnMemory> {
  try {
    return memoryFromJson(object(parseJson(await readFile(fileOf(run))), 'the file'))
  } catch (error) {
    if (error instanceof JsonShapeError || isAbsence(error)) return {}
    throw error
  }
}

export async function saveTurnMemory(memory: TurnMemory, run: string): Promise<void> {
  await mkdir(run, { recursive: true, mode: 0o700 })
  await writeFileAtomically(fileOf(run), `${JSON.stringify(memory)}\n`)
}

function fileOf(run: string): string {
  return join(run, 'turn.json')
}

function memoryFromJson(file: JsonObject): TurnMemory {
  const lock = optional(file.lock, 'lock', object)
  const reboot = optional(file.reboot, 'reboot', text)
  const times = ['firstCheckAtMs', 'unlockAtMs', 'wakeAtMs'].flatMap((name) => {
    const time = optional(file[name], name, count)
    return time === undefined ? [] : [[name, time] as const]
  })
  return {
    ...Object.fromEntries(times),
    ...(reboot !== undefined && { reboot }),
    ...(lock !== undefined && {
      lock: {
        kind: 'refused',
        reason: text(lock.reason, 'lock.reason'),
        retryAtMs: count(lock.retryAtMs, 'lock.retryAtMs'),
      },
    }),
  }
}
