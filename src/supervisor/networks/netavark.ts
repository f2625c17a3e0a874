import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { isMounted, unmount } from '../runtime/overlay.ts'
import { runProgram } from '../runtime/programs.ts'
import { defaultBridge, netavarkOptions } from './bridge.ts'

/**
 * Connects a created container to the default bridge and publishes its ports. The network
 * namespace is pinned by a bind mount, since tear-down needs it when the container is gone.
 */
export async function connect(
  container: Container,
  pid: number,
  directories: Directories,
): Promise<void> {
  const { netns } = containerPaths(directories, container.id)
  await mkdir(dirname(netns), { recursive: true, mode: 0o700 })
  await writeFile(netns, '')
  await runProgram('mount', ['--bind', `/proc/${pid}/ns/net`, netns])
  await netavark('setup', container, netns, directories)
}

/** Takes a container off its network and its ports off the host; no harm when it is not on one. */
export async function disconnect(container: Container, directories: Directories): Promise<void> {
  const { netns } = containerPaths(directories, container.id)
  if (await isMounted(netns)) await netavark('teardown', container, netns, directories)
  await unmount(netns)
  await rm(netns, { force: true })
}

async function netavark(
  verb: 'setup' | 'teardown',
  container: Container,
  netns: string,
  directories: Directories,
): Promise<void> {
  const config = `${directories.runtime}/netavark`
  await mkdir(config, { recursive: true, mode: 0o700 })
  await runProgram('netavark', ['--config', config, verb, netns], {
    input: JSON.stringify(netavarkOptions(container, defaultBridge)),
    environment: { NETAVARK_FW: 'nftables' },
  })
}
