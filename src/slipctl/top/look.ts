import { isSlipwayError } from '../../errors/error.ts'
import { getJson } from '../../supervisor/api/client.ts'
import type { Endpoint } from '../../supervisor/api/endpoint.ts'
import type { Look } from './rows.ts'

/** What we use of an entry of `GET /containers/json`. */
type Summary = { readonly Id: string; readonly Names: readonly string[]; readonly Status: string }

/** What we use of `GET /containers/{id}/json`. */
type Details = {
  readonly RestartCount: number
  readonly State: { readonly Health?: { readonly Status: string } }
}

/** What we use of `GET /containers/{id}/stats`. */
type Stats = {
  readonly cpu_stats: {
    readonly cpu_usage: { readonly total_usage: number }
    readonly system_cpu_usage?: number
    readonly online_cpus?: number
  }
  readonly memory_stats: {
    readonly usage?: number
    readonly limit?: number
    readonly stats?: { readonly inactive_file?: number }
  }
  readonly pids_stats: { readonly current?: number }
  readonly networks?: Readonly<
    Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>
  >
}

/** Looks at all containers that run. */
export async function look(endpoint: Endpoint): Promise<Look[]> {
  const summaries = (await getJson(endpoint, '/containers/json')) as Summary[]
  const looks = await Promise.all(summaries.map((summary) => lookAt(endpoint, summary)))
  return looks.filter((one) => one !== undefined)
}

/** Undefined for one that was removed meanwhile. */
async function lookAt(
  endpoint: Endpoint,
  { Id, Names, Status }: Summary,
): Promise<Look | undefined> {
  try {
    const [details, stats] = (await Promise.all([
      getJson(endpoint, `/containers/${Id}/json`),
      getJson(endpoint, `/containers/${Id}/stats?stream=0&one-shot=1`),
    ])) as [Details, Stats]
    const { cpu_stats: cpu, memory_stats: memory } = stats
    const networks = Object.values(stats.networks ?? {})
    return {
      id: Id,
      name: Names[0]?.slice(1) ?? Id.slice(0, 12),
      status: Status,
      restarts: details.RestartCount,
      health: details.State.Health?.Status ?? '',
      cpuNs: cpu.cpu_usage.total_usage,
      hostCpuNs: cpu.system_cpu_usage ?? 0,
      processors: cpu.online_cpus ?? 1,
      // As the docker command line: what the kernel can drop at once does not count.
      memoryBytes:
        memory.usage === undefined ? undefined : memory.usage - (memory.stats?.inactive_file ?? 0),
      memoryLimitBytes: memory.limit,
      receivedBytes: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
      sentBytes: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
      processes: stats.pids_stats.current,
      atMs: performance.now(),
    }
  } catch (error) {
    if (isSlipwayError(error, 'SLIPWAY_SUPERVISOR_REQUEST_FAILED') && error.details.status === 404)
      return undefined
    throw error
  }
}
