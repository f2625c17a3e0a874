import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import {
  type LoggedRequest,
  openWriteLog,
  type PowerCut,
  replayWrites,
  type WriteLog,
} from '../src/qemu-runner/index.ts'
import type { Partition } from '../src/update/slot/gpt.ts'
import { readPartitionTable } from '../src/update/slot/partition-table.ts'
import { runsAll } from './extent.ts'
import { boot, helloAnswers, type Laboratory } from './host.ts'
import { UpdatingHost, updateSigns } from './updating-host.ts'

/** An update that was watched from its first request to the disk to its last. */
export type Recording = {
  readonly laboratory: Laboratory
  /** What the host was provisioned with. */
  readonly config: string
  /** A raw image of its disk when it was booted last before the update, and what the disk received from then on. */
  readonly diskImage: string
  readonly writeLog: string
  /** How long the log was before the update, and when the new release had been found good. */
  readonly bytes: { before: number; after: number }
  readonly older: string
  readonly newer: string
}

/**
 * Real boots of what a host's disk would hold, had the power gone in the middle of its update: at some of the moments
 * below, or at all of them, two at a time.
 */
export function powerCutTests(recorded: () => Promise<Recording>): void {
  describe('a host whose power goes during an update', { concurrency: runsAll ? 2 : 1 }, () => {
    let recording: Recording
    let log: WriteLog
    let partitions: readonly Partition[]

    before(async () => {
      recording = await recorded()
      log = await openWriteLog(recording.writeLog)
      const disk = join(recording.laboratory.directory, 'table.raw')
      await makeDisk(recording, log, disk, { after: log.requests.length, unflushed: 'kept' })
      partitions = (await readPartitionTable(disk)).partitions
      await rm(disk)
    })
    after(() => log?.close())

    for (const [index, moment] of chosenMoments().entries())
      it(`boots, and goes on, after a cut at ${textOf(moment)}`, async () => {
        const disk = join(recording.laboratory.directory, `power-cut-${index}.raw`)
        try {
          await makeDisk(recording, log, disk, cutAt(moment, log.requests, recording, partitions))
          await bootsAndGoesOn(recording, disk, moment.completes)
        } finally {
          await rm(disk, { force: true })
        }
      })
  })
}

/** The disk as the cut leaves it. */
async function makeDisk(
  { diskImage }: Recording,
  log: WriteLog,
  disk: string,
  cut: PowerCut,
): Promise<void> {
  // Node's own copy would fill the holes.
  await promisify(execFile)('cp', ['--sparse=always', diskImage, disk])
  await replayWrites(log, disk, cut)
}

async function bootsAndGoesOn(
  { laboratory, config, older, newer }: Recording,
  diskImage: string,
  completes: boolean,
): Promise<void> {
  await using machine = await boot(laboratory, {
    config,
    diskImage,
    troubleSigns: updateSigns,
  })
  const host = new UpdatingHost(machine)
  await helloAnswers(machine)
  const { running } = await host.status()
  assert.ok([older, newer].includes(running), `it runs ${running}`)
  if (!completes) return
  if (running === older) {
    // It may have gone on by itself already.
    const entries = await host.entries()
    const answer = await host.order('check')
    assert.ok(answer.ok, [answer.message, ...entries, await host.journal()].join('\n'))
    await host.orderReboot('apply')
  }
  await host.settled(newer)
}

/** Parts of the disk that an update writes to. */
type Region = 'partition table' | 'ESP' | 'slots' | 'root'

/** A moment of an update, by what is being written then. */
type Moment = {
  readonly region: Region
  /** Between the region's first write during the update and its last one: 0 to 1. */
  readonly share: number
  readonly unflushed: PowerCut['unflushed']
  /** Whether the update is followed to its end. */
  readonly completes: boolean
}

/** The table and the ESP decide what boots. */
const counts: Readonly<Record<Region, number>> = {
  'partition table': 10,
  ESP: 18,
  slots: 6,
  root: 10,
}

/** All moments; or every sixteenth, which is what a change should have to wait for. */
function chosenMoments(): Moment[] {
  const kinds = ['kept', 'lost', 'some'] as const
  return (Object.keys(counts) as Region[])
    .flatMap((region, offset) =>
      Array.from({ length: counts[region] }, (_, index) => ({
        region,
        share: index / (counts[region] - 1),
        unflushed: kinds[(index + offset) % kinds.length] ?? 'kept',
      })),
    )
    .map((moment, index) => ({
      ...moment,
      completes: runsAll && index % 5 === 2,
      chosen: runsAll || index % 16 === 2,
    }))
    .filter(({ chosen }) => chosen)
}

function textOf({ region, share, unflushed, completes }: Moment): string {
  const percent = `${Math.round(share * 100)} %`
  const end = completes ? ', to the end' : ''
  return `${percent} of the writes to the ${region}, unflushed ones ${unflushed}${end}`
}

function cutAt(
  { region, share, unflushed }: Moment,
  requests: readonly LoggedRequest[],
  { bytes }: Recording,
  partitions: readonly Partition[],
): PowerCut {
  const writes = requests.flatMap((request, index) =>
    request.kind === 'write' &&
    request.dataAt > bytes.before &&
    request.dataAt < bytes.after &&
    regionAt(request.offsetBytes, partitions) === region
      ? [index]
      : [],
  )
  const index = writes[Math.round(share * (writes.length - 1))]
  if (index === undefined) throw new Error(`nothing was written to the ${region}`)
  return { after: index + 1, unflushed }
}

const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'
const ROOT_TYPE = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709'

function regionAt(offsetBytes: number, partitions: readonly Partition[]): Region {
  const partition = partitions.find(
    ({ startBytes, sizeBytes }) =>
      offsetBytes >= startBytes && offsetBytes < startBytes + sizeBytes,
  )
  if (partition === undefined) return 'partition table'
  if (partition.typeUuid === ESP_TYPE) return 'ESP'
  return partition.typeUuid === ROOT_TYPE ? 'root' : 'slots'
}
