import { readFile } from 'node:fs/promises'
import type { Container } from '../containers/container.ts'
import { containerPaths } from '../directories.ts'
import { nameServiceOf, refreshResolvConf } from '../runtime/etc-files.ts'
import { sharedWith } from '../runtime/namespaces.ts'
import type { Scope } from '../runtime/scope.ts'
import { Serial } from '../serial.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'
import { reviveNameServer } from './name-server.ts'
import { refreshNames } from './names-entry.ts'
import {
  connect,
  connectEndpoint,
  disconnect,
  disconnectEndpoint,
  type NetworkPlace,
  pinNamespace,
  updateResolver,
} from './netavark.ts'

/** Connects containers to networks: one change at a time, since two calls of netavark at once would both make the bridge. */
export class Connections {
  readonly #place: NetworkPlace
  readonly #scope: Scope
  readonly #turns = new Serial()

  constructor(place: NetworkPlace, scope: Scope) {
    this.#place = place
    this.#scope = scope
  }

  /** See the function of this name. */
  async pinNamespace(container: Container, pid: number): Promise<void> {
    await pinNamespace(container, pid, this.#place)
  }

  /** Connects a container, whose network namespace is there, to its networks. */
  async connect(container: Container): Promise<void> {
    await this.#turns.run(() => connect(container, this.#place))
  }

  /** Takes a container off its networks; no harm when it is on none. */
  async disconnect(container: Container): Promise<void> {
    await this.#turns.run(() => disconnect(container, this.#place))
  }

  /** Connects a running container to one more of its networks. */
  async connectEndpoint(container: Container, endpoint: Endpoint): Promise<void> {
    await this.#turns.run(() => connectEndpoint(container, endpoint, this.#place))
  }

  async disconnectEndpoint(container: Container, endpoint: Endpoint): Promise<void> {
    await this.#turns.run(() => disconnectEndpoint(container, endpoint, this.#place))
  }

  /** Has what a running container asks 127.0.0.11 go where its networks, which have changed, have names. */
  async updateResolver(container: Container): Promise<void> {
    await this.#turns.run(() => updateResolver(container, this.#place))
  }

  /** Has a running container found by the names that it has now. */
  async refreshNames(container: Container): Promise<void> {
    await this.#turns.run(() => refreshNames(container, this.#place))
  }

  /** Gives a running container the name servers that the host uses now. */
  async refreshNameServers(container: Container): Promise<void> {
    // In another's network it has that one's /etc/hosts and /etc/resolv.conf.
    if (sharedWith(container.spec.namespaces?.network) !== undefined) return
    const { directories, networks } = this.#place
    const paths = containerPaths(directories, container.id)
    await refreshResolvConf(paths, undefined, nameServiceOf(container, networks))
  }

  /** Brings back the server of names if it has ended; gives whether it had. */
  async reviveNameServer(): Promise<boolean> {
    return await this.#turns.run(() => reviveNameServer(this.#place.directories, this.#scope))
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
}
