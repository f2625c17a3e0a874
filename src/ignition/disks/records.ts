import { createHash } from 'node:crypto'
import type { Unfinished } from './plan-filesystem.ts'
import type { PartitionTable } from './state.ts'

/**
 * What a run tells the one after a power loss, in the host's journal of provisioning: by which
 * UUIDs it will know its own work. Everything is written before the disk is changed.
 */
export type Records = {
  get(key: string): string | undefined
  record(key: string, state: string): void
}

type Kind = 'filesystem' | 'luks' | 'raid'

export function readUnfinished(
  records: Pick<Records, 'get'>,
  kind: Kind,
  name: string,
): Unfinished | undefined {
  const [uuid, state] = records.get(`${kind} ${name}`)?.split(' ') ?? []
  return uuid === undefined || uuid === '' ? undefined : { uuid, isDone: state === 'done' }
}

export function recordUnfinished(
  records: Pick<Records, 'record'>,
  kind: Kind,
  name: string,
  { uuid, isDone }: Unfinished,
): void {
  records.record(`${kind} ${name}`, `${uuid} ${isDone ? 'done' : 'unfinished'}`)
}

/** How an earlier run wanted a disk's table to be, and the partitions that it made. */
export type WrittenTable = {
  readonly digest: string
  readonly made: readonly string[]
  /** Absent for a disk that was only wiped. */
  readonly table?: PartitionTable
}

export function readTable(records: Pick<Records, 'get'>, device: string): WrittenTable | undefined {
  const state = records.get(`disk ${device}`)
  if (state === undefined) return undefined
  // Written by us into root's own file.
  return JSON.parse(state) as WrittenTable
}

export function recordTable(
  records: Pick<Records, 'record'>,
  device: string,
  written: WrittenTable,
): void {
  records.record(`disk ${device}`, JSON.stringify(written))
}

/** Which table it is: the GUIDs in it are never twice the same. */
export function tableDigest({ id, partitions }: PartitionTable): string {
  const content = JSON.stringify([id.toUpperCase(), partitions])
  return createHash('sha256').update(content).digest('hex')
}

/** The state of a disk that was only wiped. */
export const wiped = 'wiped'
