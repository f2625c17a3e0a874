import { statfs } from 'node:fs/promises'
import { freemem, hostname, loadavg, totalmem, uptime } from 'node:os'
import { isSlipwayError } from '../errors/error.ts'
import { isAbsence } from '../files/absence.ts'
import { discoverLayout } from '../update/slot/discover.ts'
import { readUpdateStatus } from '../update/status/sources.ts'
import type { UpdateStatus } from '../update/status/status-of.ts'

/** What a host knows of itself, but for its containers. */
export type MachineFacts = {
  readonly name: string
  /** Null on a machine without releases. */
  readonly updates: Pick<UpdateStatus, 'image' | 'running' | 'summary' | 'phase'> | null
  readonly slot: Slot | null
  readonly disks: readonly Disk[]
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number }
  /** Over 1, 5 and 15 minutes. */
  readonly load: readonly number[]
  readonly uptimeSeconds: number
}

/** The partition of the running /usr, and the one that the next release goes to. */
export type Slot = { readonly device: string; readonly freeDevice: string }

export type Disk = {
  readonly path: string
  /** The file system's number, statfs(2). */
  readonly type: number
  readonly sizeBytes: number
  readonly availableBytes: number
}

/** Looks at this host; `state` is the directory of the supervisor's state. */
export async function readMachineFacts(state: string): Promise<MachineFacts> {
  const slots = await ifKnown(async () => (await discoverLayout()).layout)
  return {
    name: hostname(),
    updates: (await ifKnown(() => readUpdateStatus())) ?? null,
    slot:
      slots === undefined
        ? null
        : { device: slots.running.usr.node, freeDevice: slots.free.usr.node },
    disks: (await Promise.all(['/', '/boot', state].map(diskAt))).flat(),
    memory: { totalBytes: totalmem(), availableBytes: freemem() },
    load: loadavg(),
    uptimeSeconds: Math.floor(uptime()),
  }
}

/** Undefined on what is no host of ours, such as a machine that it is developed on. */
async function ifKnown<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isSlipwayError(error)) return undefined
    throw error
  }
}

/** None for a path that is not there. */
async function diskAt(path: string): Promise<Disk[]> {
  try {
    const { bsize, blocks, bavail, type } = await statfs(path)
    return [{ path, type, sizeBytes: bsize * blocks, availableBytes: bsize * bavail }]
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}
