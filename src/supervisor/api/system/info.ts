import { readFile } from 'node:fs/promises'
import { availableParallelism, hostname, machine, release, totalmem } from 'node:os'
import { statusOf } from '../containers/state-json.ts'
import { type ApiRequest, sendJson } from '../request.ts'

/** `GET /info`. */
export async function answerInfo({ context, response }: ApiRequest): Promise<void> {
  const { supervisor, directories, logDriver, version } = context
  const { containers } = supervisor
  const inState = (wanted: string) =>
    containers.filter((container) => statusOf(container) === wanted).length
  const images = await supervisor.images.images()
  const controllers = await cgroupControllers(directories.cgroup)
  sendJson(response, {
    ID: await machineId(),
    Containers: containers.length,
    ContainersRunning: inState('running'),
    ContainersPaused: inState('paused'),
    ContainersStopped: containers.length - inState('running') - inState('paused'),
    Images: images.length,
    Driver: 'overlay2',
    DriverStatus: [],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['journald', 'json-file', 'none'],
    },
    MemoryLimit: controllers.has('memory'),
    SwapLimit: controllers.has('memory'),
    CpuCfsPeriod: controllers.has('cpu'),
    CpuCfsQuota: controllers.has('cpu'),
    CPUShares: controllers.has('cpu'),
    CPUSet: controllers.has('cpuset'),
    PidsLimit: controllers.has('pids'),
    IPv4Forwarding: true,
    BridgeNfIptables: false,
    BridgeNfIp6tables: false,
    Debug: false,
    NFd: 0,
    OomKillDisable: false,
    NGoroutines: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: logDriver === 'journald' ? 'journald' : 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: '2',
    NEventsListener: 0,
    KernelVersion: release(),
    OperatingSystem: await operatingSystem(),
    OSVersion: '',
    OSType: 'linux',
    Architecture: machine(),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: null,
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    GenericResources: null,
    DockerRootDir: directories.state,
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: hostname(),
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: version,
    Runtimes: { crun: { path: 'crun' } },
    DefaultRuntime: 'crun',
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'docker-init',
    ContainerdCommit: { ID: '', Expected: '' },
    RuncCommit: { ID: '', Expected: '' },
    InitCommit: { ID: '', Expected: '' },
    SecurityOptions: [
      ...(supervisor.runtime.apparmor.enabled ? ['name=apparmor'] : []),
      'name=seccomp,profile=builtin',
      ...(supervisor.userNamespaces === undefined ? [] : ['name=userns']),
      'name=cgroupns',
    ],
    CDISpecDirs: [],
    Warnings: null,
  })
}

async function cgroupControllers(directory: string): Promise<ReadonlySet<string>> {
  return new Set((await textOf(`${directory}/cgroup.controllers`)).trim().split(' '))
}

async function machineId(): Promise<string> {
  return (await textOf('/etc/machine-id')).trim()
}

async function operatingSystem(): Promise<string> {
  const text = await textOf('/etc/os-release')
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(text)?.[1] ?? 'Linux'
}

/** A file that a machine may not have. */
async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}
