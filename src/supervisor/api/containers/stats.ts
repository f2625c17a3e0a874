import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from '../../containers/container.ts'
import type { CpuFigures, Figures, NetworkFigures } from '../../stats/figures.ts'
import { sampleOf } from '../../stats/sample.ts'
import { type ApiRequest, flag, hungUp, sendJson } from '../request.ts'
import type { ContainerRequest } from './find.ts'

/** As Docker. */
const intervalMs = 1000

/**
 * `GET /containers/{id}/stats`: once a second until the container is removed; or one answer, which takes a
 * second so that there is something to compare the processor's time with, unless it is to be at once.
 */
export async function answerStats({
  context: { supervisor, directories },
  container,
  query,
  response,
}: ContainerRequest): Promise<void> {
  const current = () => supervisor.containers.find(({ id }) => id === container.id)
  const take = async (one: Container) => await sampleOf(one, directories.cgroup)
  const gone = hungUp(response)
  let before: Figures | undefined
  if (query.get('stream') !== null && !flag(query, 'stream')) {
    if (container.state.status === 'running' && !flag(query, 'one-shot')) {
      before = await take(container)
      if (!(await pause(gone))) return
    }
    const latest = current() ?? container
    sendJson(response, statsJson(latest, await take(latest), before))
    return
  }
  response.writeHead(200, { 'Content-Type': 'application/json' })
  do {
    const latest = current()
    if (latest === undefined) break
    const figures = await take(latest)
    const text = `${JSON.stringify(statsJson(latest, figures, before))}\n`
    if (!response.write(text) && !gone.aborted) await drained(response, gone)
    before = figures
  } while (await pause(gone))
  response.end()
}

/** False when nobody waits any more. */
async function pause(gone: AbortSignal): Promise<boolean> {
  return await sleep(intervalMs, true, { signal: gone }).catch((error: Error) => {
    if (error.name === 'AbortError') return false
    throw error
  })
}

async function drained(response: ApiRequest['response'], gone: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal: gone }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
}

const never = '0001-01-01T00:00:00Z'

/** Figures in Docker's form; of a container that does not run, there are none but its name. */
export function statsJson(
  { id, name }: Pick<Container, 'id' | 'name'>,
  figures: Figures | undefined,
  before: Figures | undefined,
): object {
  const { memory, processes, networks = {} } = figures ?? {}
  const blocks = figures?.blocks.flatMap(({ major, minor, readBytes, writtenBytes }) => [
    { major, minor, op: 'read', value: readBytes },
    { major, minor, op: 'write', value: writtenBytes },
  ])
  return {
    read: figures?.at.toISOString() ?? never,
    preread: before?.at.toISOString() ?? never,
    pids_stats:
      processes === undefined
        ? {}
        : { current: processes.current, ...(processes.limit && { limit: processes.limit }) },
    blkio_stats: {
      io_service_bytes_recursive: blocks ?? null,
      io_serviced_recursive: null,
      io_queue_recursive: null,
      io_service_time_recursive: null,
      io_wait_time_recursive: null,
      io_merged_recursive: null,
      io_time_recursive: null,
      sectors_recursive: null,
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuJson(figures?.cpu),
    precpu_stats: cpuJson(before?.cpu),
    memory_stats:
      memory === undefined
        ? {}
        : { usage: memory.usedBytes, stats: memory.details, limit: memory.limitBytes },
    name: `/${name}`,
    id,
    ...(Object.keys(networks).length === 0
      ? {}
      : {
          networks: Object.fromEntries(
            Object.entries(networks).map(([network, one]) => [network, networkJson(one)]),
          ),
        }),
  }
}

function cpuJson(cpu: CpuFigures | undefined): object {
  return {
    cpu_usage: {
      total_usage: cpu?.totalNs ?? 0,
      usage_in_kernelmode: cpu?.kernelNs ?? 0,
      usage_in_usermode: cpu?.userNs ?? 0,
    },
    ...(cpu && { system_cpu_usage: cpu.hostNs, online_cpus: availableParallelism() }),
    throttling_data: {
      periods: cpu?.periods ?? 0,
      throttled_periods: cpu?.throttledPeriods ?? 0,
      throttled_time: cpu?.throttledNs ?? 0,
    },
  }
}

function networkJson(one: NetworkFigures): object {
  return {
    rx_bytes: one.receivedBytes,
    rx_packets: one.receivedPackets,
    rx_errors: one.receiveErrors,
    rx_dropped: one.receiveDropped,
    tx_bytes: one.sentBytes,
    tx_packets: one.sentPackets,
    tx_errors: one.sendErrors,
    tx_dropped: one.sendDropped,
  }
}
