import type { Container } from '../containers/container.ts'
import { containerInterface, defaultBridge } from '../networks/bridge.ts'
import { commandOf } from '../runtime/spec.ts'

/** Docker's "never". */
const zeroTime = '0001-01-01T00:00:00Z'

/** A container in `GET /containers/json`. */
export function containerSummary(container: Container, now: Date): object {
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.image.reference,
    ImageID: container.image.configDigest,
    Command: commandOf(container).join(' '),
    Created: Math.floor(Date.parse(container.createdAt) / 1000),
    Ports: container.service.ports.map((port) => ({
      IP: port.hostIp,
      PrivatePort: port.containerPort,
      PublicPort: port.hostPort,
      Type: port.protocol,
    })),
    Labels: labelsOf(container),
    State: container.state.status,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: defaultBridge.name },
    NetworkSettings: { Networks: networksOf(container) },
    Mounts: mountsOf(container),
  }
}

/** A container in `GET /containers/{id}/json`. */
export function containerDetails(container: Container): object {
  const { state, service, image } = container
  const running = state.status === 'running'
  const [path = '', ...programArguments] = commandOf(container)
  return {
    Id: container.id,
    Created: container.createdAt,
    Path: path,
    Args: programArguments,
    State: {
      Status: state.status,
      Running: running,
      Paused: false,
      Restarting: false,
      OOMKilled: state.oomKilled,
      Dead: false,
      Pid: running ? (state.process?.pid ?? 0) : 0,
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: state.startedAt ?? zeroTime,
      FinishedAt: state.finishedAt ?? zeroTime,
    },
    Image: image.configDigest,
    ImageManifestDescriptor: { digest: image.manifestDigest },
    Name: `/${container.name}`,
    RestartCount: state.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    HostConfig: {
      NetworkMode: defaultBridge.name,
      RestartPolicy: {
        Name: service.restart.name,
        MaximumRetryCount: service.restart.maximumRetryCount,
      },
      PortBindings: portBindings(container),
      Memory: service.limits.memoryBytes ?? 0,
      NanoCpus: Math.round((service.limits.cpus ?? 0) * 1e9),
      PidsLimit: service.limits.pids ?? null,
    },
    Mounts: mountsOf(container),
    Config: {
      Hostname: container.id.slice(0, 12),
      User: image.config.User ?? '',
      Image: image.reference,
      Env: Object.entries(service.environment).map(([name, value]) => `${name}=${value}`),
      Cmd: service.command ?? image.config.Cmd ?? null,
      Entrypoint: service.entrypoint ?? image.config.Entrypoint ?? null,
      WorkingDir: image.config.WorkingDir ?? '',
      Labels: labelsOf(container),
    },
    NetworkSettings: {
      Ports: portBindings(container),
      Networks: networksOf(container),
    },
    Warnings: state.warnings,
  }
}

/** The image's labels, the service's, and those by which Compose's own tools find a container. */
function labelsOf({ image, service, configHash, file }: Container): Record<string, string> {
  return {
    ...image.config.Labels,
    ...service.labels,
    'com.docker.compose.project': service.project,
    'com.docker.compose.service': service.name,
    'com.docker.compose.config-hash': configHash,
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.project.config_files': file,
  }
}

/** Docker's wording: `Up 5 minutes`, `Exited (1) 2 hours ago`, `Created`. */
export function statusText({ state }: Pick<Container, 'state'>, now: Date): string {
  const since = (time: string | undefined) => durationText(now.getTime() - Date.parse(time ?? ''))
  if (state.status === 'running') return `Up ${since(state.startedAt)}`
  if (state.status === 'exited') return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`
  return 'Created'
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
  return `${Math.floor(hours / 24)} days`
}

function portBindings({ service }: Container): Record<string, object[]> {
  const bindings: Record<string, object[]> = {}
  for (const { hostIp, hostPort, containerPort, protocol } of service.ports) {
    const key = `${containerPort}/${protocol}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]
  }
  return bindings
}

function networksOf({ network, state }: Container): object {
  const running = state.status === 'running'
  return {
    [defaultBridge.name]: {
      NetworkID: defaultBridge.id,
      Gateway: running ? defaultBridge.gateway : '',
      IPAddress: running ? network.ipAddress : '',
      IPPrefixLen: running ? Number(defaultBridge.subnet.split('/')[1]) : 0,
      Interface: containerInterface,
    },
  }
}

function mountsOf({ service }: Container): object[] {
  return service.mounts.map((mount) => ({
    Type: mount.type,
    ...(mount.type === 'volume' ? { Name: mount.source, Driver: 'local' } : {}),
    Source: mount.source,
    Destination: mount.target,
    Mode: '',
    RW: !mount.readOnly,
    Propagation: mount.propagation,
  }))
}
