import type { Container } from '../../containers/container.ts'
import { isRestarting } from '../../containers/restart.ts'
import type { Health } from '../../health/health.ts'
import { publishedPorts } from '../../networks/bridge.ts'
import type { NetworkStore } from '../../networks/store.ts'
import { endpointsJson, wholeNetworkJson } from '../networks/json.ts'

/** Docker's "never". */
export const zeroTime = '0001-01-01T00:00:00Z'

/** Docker's word for what a container is doing. */
export function statusOf(container: Pick<Container, 'spec' | 'state'>): string {
  const { status, paused } = container.state
  if (paused === true) return 'paused'
  return isRestarting(container) ? 'restarting' : status
}

/** `State` of an inspected container. */
export function stateJson(container: Container, health: Health | undefined): object {
  const { state } = container
  const running = state.status === 'running'
  const restarting = isRestarting(container)
  return {
    Status: statusOf(container),
    Running: running || restarting,
    Paused: state.paused === true,
    Restarting: restarting,
    OOMKilled: state.oomKilled,
    Dead: false,
    Pid: running ? (state.process?.pid ?? 0) : 0,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt ?? zeroTime,
    FinishedAt: state.finishedAt ?? zeroTime,
    ...(health === undefined ? {} : { Health: healthJson(health) }),
  }
}

/** Docker's wording: `Up 5 minutes`, `Exited (1) 2 hours ago`, `Created`. */
export function statusText(
  container: Pick<Container, 'spec' | 'state'>,
  now: Date,
  health?: Health,
): string {
  const { state } = container
  const since = (time: string | undefined) => durationText(now.getTime() - Date.parse(time ?? ''))
  if (state.status === 'running')
    return `Up ${since(state.startedAt)}${state.paused === true ? ' (Paused)' : healthText(health)}`
  if (isRestarting(container))
    return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`
  if (state.status === 'exited') return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`
  return 'Created'
}

function healthText(health: Health | undefined): string {
  if (health === undefined) return ''
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`
}

function healthJson({ status, failingStreak, log }: Health): object {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ startedAt, endedAt, exitCode, output }) => ({
      Start: startedAt.toISOString(),
      End: endedAt.toISOString(),
      ExitCode: exitCode,
      Output: output,
    })),
  }
}

/** Published ports by container port, with ports of the host as they are chosen by now. */
export function portBindingsJson(
  ports: ReturnType<typeof publishedPorts>,
  hostIpText: (hostIp: string) => string = String,
): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const { hostIp, hostPort, containerPort, protocol } of ports) {
    const key = `${containerPort}/${protocol}`
    const one = { HostIp: hostIpText(hostIp), HostPort: hostPort === 0 ? '' : String(hostPort) }
    bindings[key] = [...(bindings[key] ?? []), one]
  }
  return bindings
}

/** `NetworkSettings.Ports`: with exposed ones that are not published. */
export function portsJson(container: Container): object {
  if (container.state.status !== 'running') return {}
  const { spec, image } = container
  const exposed = [...Object.keys(image.config.ExposedPorts ?? {}), ...(spec.exposedPorts ?? [])]
  return {
    ...Object.fromEntries(exposed.map((port) => [port, null])),
    ...portBindingsJson(publishedPorts(container)),
  }
}

/** The networks that a container is on, by their names. */
export function networksJson(
  container: Container,
  networks: Pick<NetworkStore, 'get' | 'find'>,
): Record<string, object> {
  const mode = container.spec.namespaces?.network ?? 'bridge'
  if (mode.startsWith('container:')) return {}
  if (mode !== 'host' && mode !== 'none') return endpointsJson(container, (id) => networks.get(id))
  const running = container.state.status === 'running'
  return { [mode]: wholeNetworkJson(container, running ? networks.find(mode) : undefined) }
}

function durationText(durationMs: number): string {
  const seconds = Math.max(Math.floor(durationMs / 1000), 0)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.round(minutes / 60)
  if (Number.isNaN(seconds) || seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}
