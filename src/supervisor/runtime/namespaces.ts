import type { Container } from '../containers/container.ts'
import type { ContainerSpec, Namespaces } from '../containers/spec.ts'
import { endpointsOf } from '../networks/endpoint.ts'

/** A namespace of the OCI runtime configuration: new, or that of a path. */
export type SpecNamespace = { readonly type: string; readonly path?: string }

export const usualNamespaces: Namespaces = { network: 'bridge' }

/** Whose namespace it shares: the id in `container:<id>`. */
export function sharedWith(mode: string | undefined): string | undefined {
  return mode?.startsWith('container:') === true ? mode.slice('container:'.length) : undefined
}

/** Docker's `NetworkMode`: a network by its name. */
export function networkModeText({ namespaces = usualNamespaces }: ContainerSpec): string {
  return namespaces.network.replace(/^network:/, '')
}

/** Containers that must run for this one to start. */
export function namespaceHolders({ namespaces = usualNamespaces }: ContainerSpec): string[] {
  const modes = [namespaces.network, namespaces.pid, namespaces.ipc]
  return [...new Set(modes.flatMap((mode) => sharedWith(mode) ?? []))]
}

/**
 * The namespaces of a container; `pids` are the first processes of those that it shares with, and `netns` is where
 * its own network namespace is, if it was made beforehand, and `userns` its user namespace.
 */
export function namespacesOf(
  container: Pick<Container, 'spec' | 'userNamespace'>,
  pids: ReadonlyMap<string, number>,
  {
    netns,
    userns,
  }: { readonly netns?: string | undefined; readonly userns?: string | undefined } = {},
): SpecNamespace[] {
  const { namespaces = usualNamespaces } = container.spec
  const entry = (type: string, mode: string | undefined, file: string): SpecNamespace[] => {
    if (mode === 'host') return []
    const holder = sharedWith(mode)
    if (holder === undefined) return [{ type }]
    return [{ type, path: `/proc/${pids.get(holder) ?? 0}/ns/${file}` }]
  }
  return [
    ...userNamespace(container, pids, userns),
    ...entry('pid', namespaces.pid, 'pid'),
    ...(netns === undefined
      ? entry('network', namespaces.network, 'net')
      : [{ type: 'network', path: netns }]),
    ...entry('ipc', namespaces.ipc, 'ipc'),
    // A host name goes with the network, as in Docker.
    ...(namespaces.uts === 'host' ? [] : entry('uts', sharedUts(namespaces), 'uts')),
    { type: 'mount' },
    ...entry('cgroup', namespaces.cgroup, 'cgroup'),
  ]
}

/** That of whom it shares others with, which that one owns. */
function userNamespace(
  container: Pick<Container, 'spec' | 'userNamespace'>,
  pids: ReadonlyMap<string, number>,
  userns: string | undefined,
): SpecNamespace[] {
  if (container.userNamespace === undefined) return []
  const [holder] = namespaceHolders(container.spec)
  const path = holder === undefined ? userns : `/proc/${pids.get(holder) ?? 0}/ns/user`
  return path === undefined ? [] : [{ type: 'user', path }]
}

/** It has a user namespace that is neither the host's nor another container's. */
export function ownsUserNamespace({
  spec,
  userNamespace,
}: Pick<Container, 'spec' | 'userNamespace'>): boolean {
  return userNamespace !== undefined && namespaceHolders(spec).length === 0
}

function sharedUts({ network }: Namespaces): string | undefined {
  return sharedWith(network) === undefined ? undefined : network
}

/** Its network namespace is made before its first process, since there are networks to put it on. */
export function startsOnNetworks(container: Pick<Container, 'spec' | 'network'>): boolean {
  return ownsNetwork(container) && endpointsOf(container).length > 0
}

/** It has a network namespace that can be connected to networks while it runs. */
export function ownsNetwork({ spec }: Pick<Container, 'spec'>): boolean {
  const { network } = spec.namespaces ?? usualNamespaces
  return network === 'bridge' || network.startsWith('network:')
}

/** Settings of its interfaces among others, which must be there for it. */
export function hasNetworkSysctls({ spec }: Pick<Container, 'spec'>): boolean {
  return Object.keys(spec.sysctls ?? {}).some((key) => key.startsWith('net.'))
}
