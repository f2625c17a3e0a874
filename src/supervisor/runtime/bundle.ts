import { readFile, writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { readInRoot } from '../../files/confined.ts'
import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { redirectionSysctls, resolverOf } from '../networks/resolver.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { VolumeStore } from '../volumes/store.ts'
import { prepareVolumes } from '../volumes/volumes.ts'
import { ownCapabilities } from './capabilities.ts'
import { devicesOf } from './devices.ts'
import { writeEtcFiles } from './etc-files.ts'
import { initProgramOf } from './init.ts'
import { disksOf } from './io-resources.ts'
import { makeMountPoints } from './mount-points.ts'
import { ownsUserNamespace, sharedWith, startsOnNetworks } from './namespaces.ts'
import { mountRootfs } from './overlay.ts'
import { prepareSharedMemory, sharedMemoryOf } from './shared-memory.ts'
import { runtimeSpec } from './spec.ts'
import { lookUpUser, type ProcessUser } from './user.ts'

export type BundleOptions = {
  readonly directories: Directories
  readonly networks: NetworkStore
  readonly volumes: VolumeStore
  /** Controllers of cgroups that this host has. */
  readonly controllers: ReadonlySet<string>
  /** First processes of the containers that it shares namespaces with, by their ids. */
  readonly pids: ReadonlyMap<string, number>
  readonly apparmorProfile: string | undefined
}

/** Writes the configuration for the OCI runtime, once the container's cgroup is known; gives warnings. */
export type WriteConfig = (cgroupsPath: string) => Promise<readonly string[]>

/** Makes ready what a container is made of beside its processes: root file system, files, volumes. */
export async function prepareBundle(
  container: Container,
  { directories, networks, volumes, controllers, pids, apparmorProfile }: BundleOptions,
): Promise<WriteConfig> {
  const paths = containerPaths(directories, container.id)
  await prepareSharedMemory(container, paths, directories)
  await mountRootfs(container, directories)
  await writeEtcFiles(container, paths, networks)
  const volumePaths = await prepareVolumes(container, paths.rootfs, volumes)
  await makeMountPoints(container.spec.mounts, paths.rootfs, container.userNamespace?.firstId)
  const user = await userOf(container, directories)
  const devices = await devicesOf(container.spec)
  const disks = await disksOf(container.spec.limits)
  const own = await capabilitiesOfSupervisor()
  const initProgram = await initProgramOf(container)
  const holder = sharedWith(container.spec.namespaces?.network)
  const etc = holder === undefined ? paths.etc : containerPaths(directories, holder).etc
  return async (cgroupsPath) => {
    const { spec, warnings } = runtimeSpec(container, {
      ...{ user, cgroupsPath, controllers, volumePaths, devices, disks, initProgram, pids },
      apparmorProfile,
      paths: { ...paths, etc },
      sharedMemory: sharedMemoryOf(container, directories),
      ownCapabilities: own,
      kernelRelease: release(),
      netns: startsOnNetworks(container) ? paths.netns : undefined,
      userns: ownsUserNamespace(container) ? paths.userns : undefined,
      sysctls: resolverOf(container, networks) === undefined ? {} : redirectionSysctls,
    })
    await writeFile(`${paths.bundle}/config.json`, JSON.stringify(spec), { mode: 0o600 })
    return warnings
  }
}

/** Who runs in a container whose root file system is mounted: as it says, or else the image. */
export async function userOf(
  { id, spec, image }: Pick<Container, 'id' | 'spec' | 'image'>,
  directories: Directories,
  user = spec.user ?? image.config.User ?? '',
): Promise<ProcessUser> {
  const { rootfs } = containerPaths(directories, id)
  return lookUpUser(
    user,
    (await readInRoot(rootfs, '/etc/passwd')) ?? '',
    (await readInRoot(rootfs, '/etc/group')) ?? '',
    spec.additionalGroups,
  )
}

/** A container can have no more than the supervisor itself. */
export async function capabilitiesOfSupervisor(): Promise<ReadonlySet<string>> {
  return ownCapabilities(await readFile('/proc/self/status', 'utf8'))
}
