import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSlipwayError } from '../../errors/error.ts'
import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { isMounted, unmount } from '../runtime/overlay.ts'
import { findProgram, runProgram } from '../runtime/programs.ts'
import { makeOwnedNetwork, makeUserNamespace } from '../user-namespaces/made-namespaces.ts'
import { netavarkOptions } from './bridge.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'
import { isolatePorts } from './isolation.ts'
import { allowRedirection, redirectResolver, resolverOf } from './resolver.ts'
import type { NetworkStore } from './store.ts'

/** Where netavark works. */
export type NetworkPlace = {
  readonly directories: Directories
  readonly networks: Pick<NetworkStore, 'get' | 'require'>
}

/**
 * Makes the network namespace of a container before the container itself, so that both can be set up at once.
 * It is pinned by a bind mount, since tear-down needs it when the container is gone. With ids of its own it belongs to
 * the user namespace, which is made with it unless it is that of a process of another container.
 */
export async function makeNamespace(
  { id, userNamespace }: Pick<Container, 'id' | 'userNamespace'>,
  { directories }: Pick<NetworkPlace, 'directories'>,
  ownerPid?: number,
): Promise<void> {
  const { netns, userns } = containerPaths(directories, id)
  if (userNamespace !== undefined && ownerPid !== undefined)
    return await makeOwnedNetwork(ownerPid, netns)
  if (userNamespace !== undefined) return await makeUserNamespace(userNamespace, { userns, netns })
  await makePlace(netns)
  // It wants a program to run there, and is one itself.
  await runProgram('unshare', [`--net=${netns}`, '--', 'unshare', '--version'])
}

/** Pins the network namespace that a container on no network was made with: it may be connected to some later. */
export async function pinNamespace(
  { id }: Pick<Container, 'id'>,
  pid: number,
  { directories }: Pick<NetworkPlace, 'directories'>,
): Promise<void> {
  const { netns } = containerPaths(directories, id)
  await makePlace(netns)
  await runProgram('mount', ['--bind', `/proc/${pid}/ns/net`, netns])
}

async function makePlace(netns: string): Promise<void> {
  await mkdir(dirname(netns), { recursive: true, mode: 0o700 })
  await writeFile(netns, '')
}

/** Connects a container whose network namespace is pinned to its networks, and publishes its ports. */
export async function connect(container: Container, place: NetworkPlace): Promise<void> {
  const { netns } = containerPaths(place.directories, container.id)
  const resolver = resolverOf(container, place.networks)
  // At once, since neither needs the other; but nobody clears up while one is still at it.
  const done = await Promise.allSettled([
    ...(resolver === undefined ? [] : [redirectResolver(netns, resolver)]),
    connectEndpoints(container, place),
  ])
  for (const one of done) if (one.status === 'rejected') throw one.reason
}

async function connectEndpoints(container: Container, place: NetworkPlace): Promise<void> {
  for (const endpoint of endpointsOf(container)) await connectEndpoint(container, endpoint, place)
}

/** Has 127.0.0.11 lead to the names of a running container's networks, which have changed. */
export async function updateResolver(container: Container, place: NetworkPlace): Promise<void> {
  const { netns, bundle } = containerPaths(place.directories, container.id)
  const resolver = resolverOf(container, place.networks)
  await redirectResolver(netns, resolver)
  // Last, since the rules keep neighbours from what this opens.
  if (resolver !== undefined) await allowRedirection(netns, `${bundle}/resolver.conf`)
}

/** Takes a container off its networks and its ports off the host; no harm when it is not on one. */
export async function disconnect(container: Container, place: NetworkPlace): Promise<void> {
  const { netns } = containerPaths(place.directories, container.id)
  if (await isMounted(netns))
    for (const endpoint of endpointsOf(container))
      await disconnectEndpoint(container, endpoint, place)
  await unmount(netns)
  await rm(netns, { force: true })
}

/** Connects a container whose network namespace is pinned to one more network. */
export async function connectEndpoint(
  container: Container,
  endpoint: Endpoint,
  place: NetworkPlace,
): Promise<void> {
  await netavark('setup', container, endpoint, place)
  await isolatePorts(place.networks.require(endpoint.networkId))
}

/** Takes a container off one network; no harm when it is not on it, or when the network is gone. */
export async function disconnectEndpoint(
  container: Container,
  endpoint: Endpoint,
  place: NetworkPlace,
): Promise<void> {
  if (place.networks.get(endpoint.networkId) === undefined) return
  try {
    await netavark('teardown', container, endpoint, place)
  } catch (error) {
    if (!saysNothingIsThere(error)) throw error
  }
}

async function netavark(
  verb: 'setup' | 'teardown',
  container: Container,
  endpoint: Endpoint,
  { directories, networks }: NetworkPlace,
): Promise<void> {
  const { netns } = containerPaths(directories, container.id)
  const network = networks.require(endpoint.networkId)
  const config = `${directories.runtime}/netavark`
  await mkdir(config, { recursive: true, mode: 0o700 })
  const names = network.names ? ['--aardvark-binary', await findProgram('aardvark-dns')] : []
  await runProgram('netavark', ['--config', config, ...names, verb, netns], {
    input: JSON.stringify(netavarkOptions(container, endpoint, network)),
    environment: { NETAVARK_FW: 'nftables' },
  })
}

/**
 * netavark takes away what it finds, and tells at the end of what it did not find: after a set-up that
 * was interrupted that is as good. An entry that was never written has no addresses either.
 */
function saysNothingIsThere(error: unknown): boolean {
  if (!isSlipwayError(error, 'SLIPWAY_SUPERVISOR_PROGRAM_FAILED')) return false
  const words = String(error.details.words)
    .replace(/netavark encountered multiple errors:/, '')
    .split(/\\n|\n/)
    .map((line) => line.replace(/[{}"]/g, '').trim())
    .filter((line) => line !== '' && line !== 'error:')
  return (
    words.length > 0 &&
    words.every((line) => /os error (?:2|19)\b|invalid IP address syntax/.test(line))
  )
}
