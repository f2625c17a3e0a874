import { join } from 'node:path'
import type { ImageDefinition } from '../../src/image/definition.ts'
import type { Bench } from '../boots.ts'
import type { Ours } from '../ours.ts'
import { median, type Row, row, type Unit } from '../rows.ts'
import { updateBytes } from './bytes.ts'
import { openUpdatePeers } from './peers.ts'
import { makeReleases } from './releases.ts'
import { measureTurns, quietMs, type Task, type TurnSample, tasks } from './turns.ts'

export type UpdatesOptions = {
  readonly ours: Ours
  readonly definition: ImageDefinition
  readonly bench: Bench
  /** The tree of QEMU and busybox. */
  readonly tree: string
  readonly directory: string
  readonly peers: boolean
  readonly runs: number
  say(text: string): void
}

export type UpdatesReport = {
  readonly rows: readonly Row[]
  /** Versions of the peers that took part, by name. */
  readonly versions: Readonly<Record<string, string>>
}

/** Measures what updates download beside other updaters, and what they take of a host. */
export async function measureUpdates(options: UpdatesOptions): Promise<UpdatesReport> {
  const { ours, definition, bench, directory, runs, say } = options
  const { signal } = bench
  const updates = join(directory, 'updates')
  const releases = await makeReleases({ ours, definition, directory: updates, signal, say })
  const { debian } = definition
  const peers = options.peers
    ? await openUpdatePeers({ directory, debian, releases, signal, say })
    : undefined
  const rows = await updateBytes(releases, peers)
  const [from] = releases.older
  if (from !== undefined) {
    const quiet = runs === 1 ? quietMs.quick : quietMs.whole
    const turns = { ...options, releases, from, directory: updates, quietMs: quiet }
    rows.push(...turnRows(await measureTurns(turns)))
  }
  return { rows, versions: peers?.versions ?? {} }
}

/** Rows of the turns that were taken, each with a sample of each run. */
export function turnRows(samples: readonly TurnSample[]): Row[] {
  const of = (
    title: string,
    unit: Unit,
    pick: (sample: TurnSample) => number | undefined,
    task?: Task,
  ) => {
    const some = samples.filter((sample) => task === undefined || sample.task === task)
    return row('updates', title, unit, { ours: some.flatMap((sample) => pick(sample) ?? []) })
  }
  const all = Object.keys(tasks) as Task[]
  const latency = (title: string, pick: (sample: TurnSample) => TurnSample['quiet'], task?: Task) =>
    (['p50', 'p99', 'max'] as const).map((key) =>
      of(`${title}: ${key}`, 'latency', (sample) => pick(sample)[key], task),
    )
  return [
    ...all.flatMap((task) => {
      const title = (what: string) => `Turn of the agent, ${tasks[task].title}: ${what}`
      return [
        of(title('time'), 'ms', ({ turn }) => turn.tookMs, task),
        of(title('CPU'), 'ms', ({ turn }) => turn.cpuMs, task),
        of(title('own memory, at most'), 'bytes', ({ turn }) => turn.ownMemoryPeakBytes, task),
        of(title('with page cache, at most'), 'bytes', ({ turn }) => turn.memoryPeakBytes, task),
      ]
    }),
    memoryRow(samples),
    ...latency('Answers of a container in the quiet', ({ quiet }) => quiet),
    ...all.flatMap((task) =>
      latency(`Answers during a turn, ${tasks[task].title}`, ({ during }) => during, task),
    ),
    of('No answers across the reboot of an update', 'ms', ({ downtimeMs }) => downtimeMs),
  ]
}

/** What updates may take of a host beyond a turn that finds none. */
const memoryAimBytes = 64e6

/** Of each run the most that any way took beyond the turn that found nothing. */
function memoryRow(samples: readonly TurnSample[]): Row {
  const own = (task: Task) =>
    samples.filter((sample) => sample.task === task).map(({ turn }) => turn.ownMemoryPeakBytes)
  const idle = median(own('nothing')) ?? 0
  const most = own('patch').map((patch, run) =>
    Math.max(patch, ...[own('chunks')[run], own('full')[run]].map((bytes) => bytes ?? 0)),
  )
  const ours = most.map((bytes) => bytes - idle)
  const title = 'Own memory of an update beyond that of a turn that finds nothing'
  return row('updates', title, 'bytes', { ours }, { limit: memoryAimBytes })
}
