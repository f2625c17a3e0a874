import { qemuErrors } from '../errors/qemu.ts'
import { isObject, type QmpClient } from './qmp.ts'

/** Where a machine's snapshots live: the block nodes with its writable disks, the first one also with memory. */
export type SnapshotNodes = readonly string[]

/**
 * Saves the machine's memory, devices and disks under a name, inside its overlays. Throws
 * SLIPWAY_QEMU_COMMAND_FAILED with QEMU's reason.
 */
export function saveSnapshot(qmp: QmpClient, nodes: SnapshotNodes, tag: string): Promise<void> {
  return runJob(qmp, 'snapshot-save', nodes, tag)
}

/** Takes the machine back to a snapshot; errors as `saveSnapshot`. */
export function loadSnapshot(qmp: QmpClient, nodes: SnapshotNodes, tag: string): Promise<void> {
  return runJob(qmp, 'snapshot-load', nodes, tag)
}

let lastJob = 0

async function runJob(
  qmp: QmpClient,
  command: 'snapshot-save' | 'snapshot-load',
  nodes: SnapshotNodes,
  tag: string,
): Promise<void> {
  const [vmstate] = nodes
  if (vmstate === undefined) throw refused(command, 'the machine has no disk to keep it on')
  const id = `slipway${++lastJob}`
  const stopped = Promise.withResolvers<void>()
  const stopListening = qmp.onEvent(({ name, data }) => {
    if (name === 'JOB_STATUS_CHANGE' && data.id === id && data.status === 'concluded')
      stopped.resolve()
  })
  try {
    await qmp.execute(command, { 'job-id': id, tag, vmstate, devices: nodes })
    await Promise.race([stopped.promise, qmp.closed])
    const reason = jobError(await qmp.execute('query-jobs'), id)
    await qmp.execute('job-dismiss', { id })
    if (reason !== undefined) throw refused(command, reason)
  } finally {
    stopListening()
  }
}

function jobError(jobs: unknown, id: string): string | undefined {
  const list: unknown[] = Array.isArray(jobs) ? jobs : []
  const job = list.filter(isObject).find((candidate) => candidate.id === id)
  return job?.error === undefined ? undefined : String(job.error)
}

function refused(command: string, reason: string): Error {
  return qemuErrors.error('SLIPWAY_QEMU_COMMAND_FAILED', { command, reason })
}
