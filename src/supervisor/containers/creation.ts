import { mkdir, writeFile } from 'node:fs/promises'
import { engineErrors } from '../../errors/engine.ts'
import { some } from '../../json/some.ts'
import { containerPaths, type Directories } from '../directories.ts'
import type { Image } from '../images/types.ts'
import { type EndpointRequest, networkRecord } from '../networks/endpoint.ts'
import type { NetworkStore } from '../networks/store.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Serial } from '../serial.ts'
import { userNamespaceFor } from '../user-namespaces/choice.ts'
import type { IdMapping } from '../user-namespaces/id-mapping.ts'
import type { VolumeStore } from '../volumes/store.ts'
import { type Container, neverStarted, type Origin } from './container.ts'
import { writeGivenFiles } from './given-files.ts'
import { newContainerId } from './identity.ts'
import { freeName } from './names.ts'
import type { ContainerSpec } from './spec.ts'
import type { ContainerStore } from './store.ts'

export type NewContainer = {
  /** Any that is free, if none. */
  readonly name?: string | undefined
  readonly origin: Origin
  readonly spec: ContainerSpec
  readonly image: Image
  /** The image as the record names it. */
  readonly imageReference: string
  /** The networks that it is on, in order. */
  readonly endpoints: readonly EndpointRequest[]
  /** What is in its files, by digest. */
  readonly contents?: ReadonlyMap<string, Buffer>
}

export type CreationOptions = {
  readonly store: ContainerStore
  readonly runtime: Pick<Runtime, 'logOutputs' | 'leavings'>
  readonly directories: Directories
  readonly volumes: VolumeStore
  readonly networks: NetworkStore
  /** What the ids of new containers are on the host. */
  readonly userNamespaces?: IdMapping | undefined
}

/** Makes containers: one at a time, since two would take the same name or address. */
export class Creation {
  readonly #options: CreationOptions
  readonly #turns = new Serial()

  constructor(options: CreationOptions) {
    this.#options = options
  }

  /** Throws SLIPWAY_ENGINE_NAME_IN_USE, SLIPWAY_ENGINE_USER_NAMESPACE, SLIPWAY_SUPERVISOR_SUBNET_FULL. */
  async create(wanted: NewContainer): Promise<Container> {
    return await this.#turns.run(() => this.#create(wanted))
  }

  /** Does something with a name that nobody else can take meanwhile. */
  async claimName<T>(name: string, work: () => Promise<T>): Promise<T> {
    return await this.#turns.run(async () => {
      this.#requireFree(name)
      return await work()
    })
  }

  async #create(wanted: NewContainer): Promise<Container> {
    const { origin, spec, image, imageReference, endpoints } = wanted
    const { store, runtime, directories, volumes, networks } = this.#options
    const name = wanted.name ?? freeName((each) => this.#holderOf(each) !== undefined)
    this.#requireFree(name)
    const usual = this.#options.userNamespaces
    const userNamespace = userNamespaceFor(spec, usual, (holder) => store.get(holder))
    const id = newContainerId()
    const paths = containerPaths(directories, id)
    await mkdir(paths.state, { recursive: true, mode: 0o711 })
    // Whoever attaches before the start watches it.
    if (runtime.logOutputs({ origin, spec }).file)
      await writeFile(paths.logFile, '', { mode: 0o600 })
    await writeGivenFiles(paths.files, spec.files ?? [], wanted.contents)
    const container: Omit<Container, 'network'> = {
      id,
      name,
      createdAt: new Date().toISOString(),
      origin,
      spec,
      ...some('userNamespace', userNamespace),
      image: {
        reference: imageReference,
        manifestDigest: image.manifestDigest,
        configDigest: image.configDigest,
        config: image.config.config,
        layers: image.layers.map(({ directory }) => directory),
      },
      state: neverStarted,
    }
    try {
      return await volumes.withVolumes(spec.mounts, () =>
        networks.alone(async () => {
          // None may have been removed meanwhile.
          for (const { network } of endpoints) networks.require(network.id)
          const network = networkRecord(await runtime.leavings.places(endpoints, [], store))
          return await store.save({ ...container, network })
        }),
      )
    } catch (error) {
      await store.remove(id)
      throw error
    }
  }

  #requireFree(name: string): void {
    const holder = this.#holderOf(name)
    if (holder !== undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_NAME_IN_USE', { name, id: holder.id })
  }

  #holderOf(name: string): Container | undefined {
    return this.#options.store.all.find((container) => container.name === name)
  }
}
