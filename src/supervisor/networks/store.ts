import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { engineErrors } from '../../errors/engine.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import type { Directories } from '../directories.ts'
import type { EventLog } from '../events/event-log.ts'
import { Serial } from '../serial.ts'
import { isPredefined, type Network, predefinedNetworks } from './network.ts'

export type NetworkStoreOptions = {
  readonly directories: Pick<Directories, 'state'>
  readonly events: EventLog
}

/** The networks of the host, in memory and on disk; a change counts once it is on disk. */
export class NetworkStore {
  readonly #options: NetworkStoreOptions
  readonly #networks = new Map<string, Network>(
    predefinedNetworks.map((network) => [network.id, network]),
  )

  /** Two at once would take the same subnet or address. */
  readonly #turns = new Serial()

  private constructor(options: NetworkStoreOptions) {
    this.#options = options
  }

  static async open(options: NetworkStoreOptions): Promise<NetworkStore> {
    const store = new NetworkStore(options)
    await mkdir(store.#directory, { recursive: true, mode: 0o700 })
    for (const file of await readdir(store.#directory)) {
      const path = `${store.#directory}/${file}`
      // Written by `add` alone, and replaced atomically: what parses is a record.
      if (!file.endsWith('.json')) await rm(path, { force: true })
      else {
        const network = JSON.parse(await readFile(path, 'utf8')) as Network
        store.#networks.set(network.id, network)
      }
    }
    return store
  }

  get all(): readonly Network[] {
    return [...this.#networks.values()]
  }

  get(id: string): Network | undefined {
    return this.#networks.get(id)
  }

  /** By its name, its id, or the beginning of its id. */
  find(wanted: string): Network | undefined {
    if (wanted === 'default') return this.find('bridge')
    const exact = this.#networks.get(wanted) ?? this.all.find(({ name }) => name === wanted)
    if (exact !== undefined || !/^[0-9a-f]{1,64}$/.test(wanted)) return exact
    const matches = this.all.filter(({ id }) => id.startsWith(wanted))
    return matches.length === 1 ? matches[0] : undefined
  }

  /** As `find`. Throws SLIPWAY_ENGINE_NO_SUCH_NETWORK. */
  require(wanted: string): Network {
    const network = this.find(wanted)
    if (network === undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_NETWORK', { name: wanted })
    return network
  }

  /** Does something while nobody else makes or removes a network, or takes an address. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    return await this.#turns.run(work)
  }

  async add(network: Network): Promise<Network> {
    await writeFileAtomically(
      this.#record(network.id),
      `${JSON.stringify(network, undefined, 2)}\n`,
    )
    this.#networks.set(network.id, network)
    this.publish(network, 'create')
    return network
  }

  async remove(network: Network): Promise<void> {
    if (isPredefined(network)) return
    await rm(this.#record(network.id), { force: true })
    await using directory = await open(this.#directory, 'r')
    await directory.sync()
    this.#networks.delete(network.id)
    this.publish(network, 'destroy')
  }

  /** Tells listeners what happened to a network. */
  publish(
    { id, name, driver }: Network,
    action: string,
    more: Readonly<Record<string, string>> = {},
  ): void {
    const attributes = { name, type: driver, ...more }
    this.#options.events.publish({ type: 'network', action, id, attributes })
  }

  get #directory(): string {
    return `${this.#options.directories.state}/networks`
  }

  #record(id: string): string {
    return `${this.#directory}/${id}.json`
  }
}

export function newNetworkId(): string {
  return randomBytes(32).toString('hex')
}
