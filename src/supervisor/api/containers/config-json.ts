import type { Container } from '../../containers/container.ts'
import type { DiskLimit } from '../../containers/io-limits.ts'
import { labelsOf } from '../../containers/labels.ts'
import type { ContainerMount, Security } from '../../containers/spec.ts'
import { networkModeText } from '../../runtime/namespaces.ts'
import { hostnameOf, maskedPaths, readonlyPaths } from '../../runtime/spec.ts'
import { volumePaths } from '../../volumes/paths.ts'
import { logConfigJson } from './log-config.ts'
import { portBindingsJson } from './state-json.ts'

/** `Config` of an inspected container: the image's defaults where it says nothing itself. */
export function configJson(container: Container): object {
  const { spec, image } = container
  const attached = new Set(spec.attached)
  const exposed = [...Object.keys(image.config.ExposedPorts ?? {}), ...(spec.exposedPorts ?? [])]
  const healthcheck = spec.healthcheck ?? image.config.Healthcheck
  return {
    Hostname: hostnameOf(container),
    Domainname: spec.domainname ?? '',
    User: spec.user ?? image.config.User ?? '',
    AttachStdin: attached.has('stdin'),
    AttachStdout: attached.has('stdout'),
    AttachStderr: attached.has('stderr'),
    ...(exposed.length === 0
      ? {}
      : { ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) }),
    Tty: spec.terminal === true,
    OpenStdin: spec.stdin !== undefined,
    StdinOnce: spec.stdin?.once === true,
    Env: mergedEnvironment(image.config.Env ?? [], spec.environment),
    Cmd: spec.command ?? (spec.entrypoint === undefined ? image.config.Cmd : undefined) ?? null,
    ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
    Image: spec.image,
    Volumes: image.config.Volumes ?? null,
    WorkingDir: spec.workingDirectory ?? image.config.WorkingDir ?? '',
    Entrypoint: spec.entrypoint ?? image.config.Entrypoint ?? null,
    OnBuild: null,
    Labels: labelsOf(container),
    ...(spec.stopSignal === undefined && image.config.StopSignal === undefined
      ? {}
      : { StopSignal: spec.stopSignal ?? image.config.StopSignal }),
    ...(spec.stopGraceMs === undefined ? {} : { StopTimeout: Math.ceil(spec.stopGraceMs / 1000) }),
  }
}

/** `HostConfig` of an inspected container. */
export function hostConfigJson(container: Container): object {
  const { spec } = container
  const { security, namespaces, limits, dns } = spec
  const named = spec.mounts.filter(
    ({ anonymous, inherited }) => anonymous !== true && inherited !== true,
  )
  return {
    Binds: named.length === 0 ? null : named.map(bindText),
    ContainerIDFile: '',
    LogConfig: logConfigJson(spec.log),
    NetworkMode: networkModeText(spec),
    // An address that nobody asked for is every one.
    PortBindings: portBindingsJson(spec.ports, (hostIp) => (hostIp === '0.0.0.0' ? '' : hostIp)),
    RestartPolicy: {
      Name: spec.restart.name,
      MaximumRetryCount: spec.restart.maximumRetryCount,
    },
    AutoRemove: spec.autoRemove === true,
    VolumeDriver: '',
    VolumesFrom: orNull(spec.volumesFrom),
    ConsoleSize: [0, 0],
    CapAdd: orNull(security?.addCapabilities),
    CapDrop: orNull(security?.dropCapabilities),
    CgroupnsMode: namespaces?.cgroup ?? 'private',
    Dns: dns?.servers ?? [],
    DnsOptions: dns?.options ?? [],
    DnsSearch: dns?.search ?? [],
    ExtraHosts: orNull(spec.extraHosts),
    GroupAdd: orNull(spec.additionalGroups),
    IpcMode: namespaces?.ipc ?? 'private',
    Cgroup: '',
    Links: null,
    OomScoreAdj: spec.oomScoreAdjustment ?? 0,
    PidMode: namespaces?.pid ?? '',
    Privileged: security?.privileged === true,
    PublishAllPorts: false,
    ReadonlyRootfs: security?.readOnlyRoot === true,
    SecurityOpt: orNull(securityOptions(container)),
    ...(Object.keys(spec.tmpfs ?? {}).length === 0 ? {} : { Tmpfs: spec.tmpfs }),
    ...(spec.init === undefined ? {} : { Init: spec.init }),
    UTSMode: namespaces?.uts ?? '',
    UsernsMode: namespaces?.user ?? '',
    ShmSize: spec.sharedMemoryBytes ?? 67108864,
    ...(Object.keys(spec.sysctls ?? {}).length === 0 ? {} : { Sysctls: spec.sysctls }),
    Runtime: 'crun',
    Isolation: '',
    CpuShares: limits.cpuShares ?? 0,
    Memory: limits.memoryBytes ?? 0,
    NanoCpus: Math.round((limits.cpus ?? 0) * 1e9),
    CgroupParent: '',
    BlkioWeight: limits.ioWeight ?? 0,
    BlkioWeightDevice: diskLimits('Weight', limits.ioWeights),
    BlkioDeviceReadBps: diskLimits('Rate', limits.ioReadBytes),
    BlkioDeviceWriteBps: diskLimits('Rate', limits.ioWriteBytes),
    BlkioDeviceReadIOps: diskLimits('Rate', limits.ioReads),
    BlkioDeviceWriteIOps: diskLimits('Rate', limits.ioWrites),
    CpuPeriod: limits.cpuPeriod ?? 0,
    CpuQuota: limits.cpuQuota ?? 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: limits.cpusetCpus ?? '',
    CpusetMems: limits.cpusetMems ?? '',
    Devices: (spec.devices ?? []).map(({ hostPath, containerPath, access }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath,
      CgroupPermissions: access,
    })),
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: limits.memoryReservationBytes ?? 0,
    MemorySwap: limits.memorySwapBytes ?? 0,
    MemorySwappiness: null,
    OomKillDisable: null,
    PidsLimit: limits.pids ?? null,
    Ulimits: (spec.ulimits ?? []).map(({ name, soft, hard }) => ({
      Name: name,
      Hard: hard,
      Soft: soft,
    })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: security?.maskedPaths ?? (security?.privileged === true ? null : maskedPaths),
    ReadonlyPaths:
      security?.readOnlyPaths ?? (security?.privileged === true ? null : readonlyPaths),
  }
}

/** `Mounts` of a container; a volume's source is where the host keeps it. */
export function mountsJson({ spec }: Container, directories: { readonly state: string }): object[] {
  return spec.mounts.map((mount) => ({
    Type: mount.type,
    ...(mount.type === 'volume' ? { Name: mount.source } : {}),
    Source: mount.type === 'volume' ? volumePaths(directories, mount.source).data : mount.source,
    Destination: mount.target,
    ...(mount.type === 'volume' ? { Driver: 'local' } : {}),
    // Docker's own mark on volumes.
    Mode: mount.readOnly ? 'ro' : mount.type === 'volume' ? 'z' : '',
    RW: !mount.readOnly,
    Propagation: mount.type === 'volume' ? '' : mount.propagation,
  }))
}

function bindText({ source, target, readOnly }: ContainerMount): string {
  return `${source}:${target}${readOnly ? ':ro' : ''}`
}

function diskLimits(field: 'Weight' | 'Rate', limits: readonly DiskLimit[] = []): object[] {
  return limits.map(({ path, value }) => ({ Path: path, [field]: value }))
}

function securityOptions({ spec: { security } }: Container): string[] {
  return [
    ...(security?.noNewPrivileges === true ? ['no-new-privileges'] : []),
    ...seccompOption(security),
    ...(security?.apparmor === undefined ? [] : [`apparmor=${security.apparmor}`]),
  ]
}

function seccompOption({ seccomp = 'default' }: Partial<Security> = {}): string[] {
  if (seccomp === 'default') return []
  return [`seccomp=${seccomp === 'unconfined' ? seccomp : seccomp.profile}`]
}

function orNull(list: readonly string[] | undefined): readonly string[] | null {
  return list === undefined || list.length === 0 ? null : list
}

/** As Docker shows it: its own variables first, then what is left of the image's. */
function mergedEnvironment(image: readonly string[], own: readonly string[]): string[] {
  const nameOf = (text: string) => text.split('=', 1)[0] ?? ''
  const names = new Set(own.map(nameOf))
  return [
    ...own.filter((text) => text.includes('=')),
    ...image.filter((text) => !names.has(nameOf(text))),
  ]
}
