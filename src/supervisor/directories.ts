/** Where the supervisor's files are. Tests give directories of their own. */
export type Directories = {
  /** Compose files, one project each. */
  readonly compose: string
  readonly settingsFile: string
  /** The images that the running release brings, in its verified /usr; none if it brings none. */
  readonly releaseImagesFile: string
  /** Kept over reboots: images/, containers/<id>/, volumes/, networks/, release-images.json, previous-images.json. */
  readonly state: string
  /** Gone after a reboot: supervisor.sock, base-layer/, containers/<id>/, exits/, netns/, userns/, idmapped/, leaving/, crun/, netavark/. */
  readonly runtime: string
  /** The unified cgroup hierarchy. */
  readonly cgroup: string
}

export const hostDirectories: Directories = {
  compose: '/etc/slipway/compose',
  settingsFile: '/etc/slipway/supervisor.yaml',
  releaseImagesFile: '/usr/share/slipway/images.json',
  state: '/var/lib/slipway',
  runtime: '/run/slipway',
  cgroup: '/sys/fs/cgroup',
}

/** The files of one container. */
export type ContainerPaths = {
  /** Kept over reboots. */
  readonly state: string
  readonly record: string
  readonly upper: string
  readonly work: string
  /** The same for all containers; see `makeBaseLayer`. */
  readonly baseLayer: string
  /** Where the overlay is mounted. */
  readonly rootfs: string
  readonly etc: string
  /** Its configs and secrets. */
  readonly files: string
  /** Gone after a reboot. */
  readonly bundle: string
  readonly conmonPidFile: string
  readonly pidFile: string
  readonly persist: string
  /** Shared memory that other containers may have too. */
  readonly sharedMemory: string
  readonly netns: string
  readonly userns: string
  readonly exitFile: string
  /** The log when there is no journal. */
  readonly logFile: string
}

export function containerPaths(directories: Directories, id: string): ContainerPaths {
  const state = `${directories.state}/containers/${id}`
  const bundle = `${directories.runtime}/containers/${id}`
  return {
    state,
    record: `${state}/container.json`,
    upper: `${state}/upper`,
    work: `${state}/work`,
    baseLayer: `${directories.runtime}/base-layer`,
    rootfs: `${state}/rootfs`,
    etc: `${state}/etc`,
    files: `${state}/files`,
    bundle,
    conmonPidFile: `${bundle}/conmon.pid`,
    pidFile: `${bundle}/pid`,
    persist: `${bundle}/persist`,
    sharedMemory: `${bundle}/shm`,
    netns: `${directories.runtime}/netns/${id}`,
    userns: `${directories.runtime}/userns/${id}`,
    exitFile: `${directories.runtime}/exits/${id}`,
    logFile: `${state}/container.log`,
  }
}
