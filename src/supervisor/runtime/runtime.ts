import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { readInRoot } from '../../files/confined.ts'
import type { Container, ProcessIdentity } from '../containers/container.ts'
import type { Limits } from '../containers/spec.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { publishedPorts } from '../networks/bridge.ts'
import { type Endpoint, endpointsOf } from '../networks/endpoint.ts'
import { checkHostPorts } from '../networks/host-ports.ts'
import {
  connect,
  connectEndpoint,
  disconnect,
  disconnectEndpoint,
  type NetworkPlace,
} from '../networks/netavark.ts'
import type { NetworkStore } from '../networks/store.ts'
import { Serial } from '../serial.ts'
import type { VolumeStore } from '../volumes/store.ts'
import { prepareVolumes } from '../volumes/volumes.ts'
import { ownCapabilities } from './capabilities.ts'
import { createByConmon, type LogDriver, type LogOutputs } from './conmon.ts'
import { Crun } from './crun.ts'
import { devicesOf } from './devices.ts'
import { Endings } from './endings.ts'
import { nameServiceOf, refreshResolvConf, writeEtcFiles } from './etc-files.ts'
import { sharedWith, usualNamespaces } from './namespaces.ts'
import { mountRootfs, unmount } from './overlay.ts'
import { identifyProcess } from './processes.ts'
import { findProgram } from './programs.ts'
import { resourcesOf } from './resources.ts'
import type { Scope } from './scope.ts'
import { commandOf, runtimeSpec } from './spec.ts'
import { resizeTerminal, type TerminalSize } from './terminal.ts'
import { lookUpUser, type ProcessUser } from './user.ts'

/** What starting needs beside the container. */
export type StartOptions = {
  /** First processes of the containers that it shares namespaces with, by their ids. */
  readonly pids: ReadonlyMap<string, number>
  /** Called when its process exists but does not run yet. */
  created(process: ProcessIdentity): Promise<void>
}

export type RuntimeOptions = {
  readonly directories: Directories
  readonly scope: Scope
  readonly logDriver: LogDriver
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
}

/** Starts containers by crun, conmon and netavark, changes them while they run, and undoes what a start did. */
export class Runtime {
  readonly #directories: Directories
  readonly #scope: Scope
  readonly #logDriver: LogDriver
  readonly #crun: Crun
  readonly #endings: Endings
  readonly #volumes: VolumeStore
  readonly #place: NetworkPlace
  /** Two calls of netavark at once would both make the bridge. */
  readonly #network = new Serial()

  constructor({ directories, scope, logDriver, volumes, networks }: RuntimeOptions) {
    this.#directories = directories
    this.#scope = scope
    this.#logDriver = logDriver
    this.#crun = new Crun(directories)
    this.#endings = new Endings(directories, this.#crun)
    this.#volumes = volumes
    this.#place = { directories, networks }
  }

  /** What comes before the verb of crun. */
  get runtimeArguments(): readonly string[] {
    return this.#crun.globalArguments
  }

  get exitDirectory(): string {
    return `${this.#directories.runtime}/exits`
  }

  async prepare(): Promise<void> {
    for (const name of ['containers', 'exits', 'netns', 'crun'])
      await mkdir(`${this.#directories.runtime}/${name}`, { recursive: true, mode: 0o700 })
  }

  /**
   * Starts a container. After a failure nothing is left of the attempt. Throws the errors of
   * SLIPWAY_SUPERVISOR_*.
   */
  async start(
    container: Container,
    options: StartOptions,
  ): Promise<{ process: ProcessIdentity; warnings: readonly string[] }> {
    await this.#checkBeforeStart(container)
    try {
      return await this.#start(container, options)
    } catch (error) {
      await this.cleanUp(container)
      throw error
    }
  }

  /** Where the output of a container is kept. */
  logOutputs({ origin, spec }: Pick<Container, 'origin' | 'spec'>): LogOutputs {
    const journal = this.#logDriver === 'journald'
    if (origin.kind === 'declared' && spec.log === undefined) return { journal, file: !journal }
    const { driver, maximumBytes } = spec.log ?? { driver: 'json-file' }
    return {
      // Attached clients read from the file, so there is always one.
      journal: journal && driver === 'journald',
      file: true,
      ...(maximumBytes === undefined ? {} : { maximumBytes }),
    }
  }

  /** Sends a signal by name or number. */
  async kill(container: Container, signal: string): Promise<void> {
    await this.#endings.signal(container, signal)
  }

  async pause({ id }: Container): Promise<void> {
    await this.#crun.pause(id)
  }

  async resume({ id }: Container): Promise<void> {
    await this.#crun.resume(id)
  }

  /** What of these limits this kernel cannot apply. */
  async limitWarnings(limits: Limits): Promise<readonly string[]> {
    return resourcesOf(limits, await this.#controllers()).warnings
  }

  /** Changes the limits of a running container; gives what cannot be applied. */
  async update({ id }: Container, limits: Limits): Promise<readonly string[]> {
    const { resources, warnings } = resourcesOf(limits, await this.#controllers())
    const { devices: _same, ...changed } = resources
    if (Object.keys(changed).length > 0) await this.#crun.update(id, changed)
    return warnings
  }

  /** Sets the size of a container's terminal. */
  async resize({ id }: Pick<Container, 'id'>, size: TerminalSize): Promise<void> {
    await resizeTerminal(`${containerPaths(this.#directories, id).bundle}/ctl`, size)
  }

  /** How containers end, and whether they have. */
  get endings(): Endings {
    return this.#endings
  }

  /** Gives a running container the name servers that the host uses now. */
  async refreshNameServers(container: Container): Promise<void> {
    if (usesFilesOfOthers(container)) return
    const paths = containerPaths(this.#directories, container.id)
    await refreshResolvConf(paths, undefined, nameServiceOf(container, this.#place.networks))
  }

  /** Connects a running container to one more of its networks. */
  async connectEndpoint(container: Container, endpoint: Endpoint): Promise<void> {
    await this.#network.run(() => connectEndpoint(container, endpoint, this.#place))
  }

  async disconnectEndpoint(container: Container, endpoint: Endpoint): Promise<void> {
    await this.#network.run(() => disconnectEndpoint(container, endpoint, this.#place))
  }

  /** Networks that a running container should be on and is not: somebody was interrupted. */
  async missingEndpoints(container: Container): Promise<readonly Endpoint[]> {
    const endpoints = endpointsOf(container)
    const pid = container.state.process?.pid
    if (endpoints.length === 0 || pid === undefined) return []
    const devices = await readFile(`/proc/${pid}/net/dev`, 'utf8')
    return endpoints.filter(
      ({ interfaceName }) => !new RegExp(`^\\s*${interfaceName}:`, 'm').test(devices),
    )
  }

  /**
   * Undoes everything that a start did, as far as it is there: processes, network, mounts. Of a host
   * that goes down the network is left: it goes with the boot, and the kernel takes its time for it.
   */
  async cleanUp(container: Container, { goesDown = false } = {}): Promise<void> {
    const paths = containerPaths(this.#directories, container.id)
    await this.#endings.endUnborn(container)
    await this.#crun.delete(container.id)
    if (!goesDown) await this.#network.run(() => disconnect(container, this.#place))
    await unmount(paths.rootfs)
    await rm(paths.bundle, { recursive: true, force: true })
    await rm(paths.exitFile, { force: true })
  }

  async #start(
    container: Container,
    { pids, created }: StartOptions,
  ): Promise<{ process: ProcessIdentity; warnings: readonly string[] }> {
    const paths = containerPaths(this.#directories, container.id)
    let warnings: readonly string[] = []
    await mountRootfs(container.image.layers, paths)
    await writeEtcFiles(container, paths, this.#place.networks)
    const volumePaths = await prepareVolumes(container, paths.rootfs, this.#volumes)
    const user = await this.lookUpUser(container)
    const devices = await devicesOf(container.spec)
    const own = await this.ownCapabilities()
    const holder = sharedWith(container.spec.namespaces?.network)
    const etc = holder === undefined ? paths.etc : containerPaths(this.#directories, holder).etc
    const controllers = await this.#controllers()
    await mkdir(paths.persist, { recursive: true, mode: 0o700 })
    const pid = await createByConmon({
      container,
      paths,
      exitDirectory: this.exitDirectory,
      logs: this.logOutputs(container),
      runtime: await findProgram('crun'),
      runtimeArguments: this.#crun.globalArguments,
      scope: this.#scope,
      prepareBundle: async (cgroupsPath) => {
        const made = runtimeSpec(container, {
          paths: { ...paths, etc },
          user,
          cgroupsPath,
          controllers,
          volumePaths,
          devices,
          pids,
          ownCapabilities: own,
        })
        warnings = made.warnings
        await writeFile(`${paths.bundle}/config.json`, JSON.stringify(made.spec), { mode: 0o600 })
      },
    })
    const process = await identifyProcess(pid)
    if (process === undefined)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED', {
        name: container.name,
        reason: 'its first process ended at once',
      })
    await created(process)
    if (ownsNetwork(container)) await this.#network.run(() => connect(container, pid, this.#place))
    await this.#crun.start(container.id)
    return { process, warnings }
  }

  async ownCapabilities(): Promise<ReadonlySet<string>> {
    return ownCapabilities(await readFile('/proc/self/status', 'utf8'))
  }

  /** Who runs in a container whose root file system is mounted: as it says, or else the image. */
  async lookUpUser(
    { id, spec, image }: Pick<Container, 'id' | 'spec' | 'image'>,
    user = spec.user ?? image.config.User ?? '',
  ): Promise<ProcessUser> {
    const { rootfs } = containerPaths(this.#directories, id)
    return lookUpUser(
      user,
      (await readInRoot(rootfs, '/etc/passwd')) ?? '',
      (await readInRoot(rootfs, '/etc/group')) ?? '',
      spec.additionalGroups,
    )
  }

  async #checkBeforeStart(container: Container): Promise<void> {
    const { spec, image } = container
    if (commandOf(container).length === 0)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NO_COMMAND', { image: image.reference })
    for (const { type, source, target, create } of spec.mounts) {
      if (type !== 'bind' || (await exists(source))) continue
      if (create !== true)
        throw supervisorErrors.error('SLIPWAY_SUPERVISOR_BIND_SOURCE_MISSING', { source, target })
      await mkdir(source, { recursive: true })
    }
    await checkHostPorts(publishedPorts(container))
  }

  async #controllers(): Promise<ReadonlySet<string>> {
    const text = await readFile(`${this.#directories.cgroup}/cgroup.controllers`, 'utf8')
    return new Set(text.trim().split(' '))
  }
}

/** It has a network namespace that can be connected to networks while it runs. */
export function ownsNetwork({ spec }: Pick<Container, 'spec'>): boolean {
  const { network } = spec.namespaces ?? usualNamespaces
  return network === 'bridge' || network.startsWith('network:')
}

/** In another's network it has that one's /etc/hosts and /etc/resolv.conf. */
function usesFilesOfOthers({ spec }: Container): boolean {
  return sharedWith(spec.namespaces?.network) !== undefined
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifMissing)) !== undefined
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ESRCH')
    return undefined
  throw error
}
