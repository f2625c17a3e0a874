import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { makeNamespace } from '../networks/netavark.ts'
import { makeUserNamespace } from '../user-namespaces/made-namespaces.ts'
import { namespaceHolders, ownsUserNamespace, startsOnNetworks } from './namespaces.ts'

/**
 * Makes the namespaces of a container that are there before its first process: that of its network, so that both can be
 * set up at once, and that of its users, which owns the other.
 *
 * @param pids first processes of the containers that it shares namespaces with, by their ids
 */
export async function makeEarlyNamespaces(
  container: Container,
  pids: ReadonlyMap<string, number>,
  directories: Directories,
): Promise<void> {
  const { spec, userNamespace } = container
  if (startsOnNetworks(container)) {
    const [holder] = namespaceHolders(spec)
    const ownerPid = holder === undefined ? undefined : pids.get(holder)
    await makeNamespace(container, { directories }, ownerPid)
  } else if (userNamespace !== undefined && ownsUserNamespace(container)) {
    const { userns } = containerPaths(directories, container.id)
    await makeUserNamespace(userNamespace, { userns })
  }
}
