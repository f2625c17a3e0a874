import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { engineErrors } from '../../errors/engine.ts'
import { ifNowhere } from '../../files/absence.ts'
import { syncDirectory, writeFileAtomically } from '../../files/atomic.ts'
import type { ContainerMount } from '../containers/spec.ts'
import type { Directories } from '../directories.ts'
import type { EventLog } from '../events/event-log.ts'
import { Serial } from '../serial.ts'
import { SerialByKey } from '../serial-by-key.ts'
import { type VolumePaths, volumePaths, volumesDirectory } from './paths.ts'
import { treeSize } from './tree-size.ts'
import { anonymousLabel, type Volume } from './volume.ts'

export type VolumeStoreOptions = {
  readonly directories: Pick<Directories, 'state'>
  readonly events: EventLog
  /** Ids of the containers that have a volume, running or not. */
  usersOf(name: string): readonly string[]
}

/**
 * The volumes of the host, in memory and on disk. A volume is there once its record is; it goes by one
 * rename, so that a crash leaves all of it or nothing that looks like it.
 */
export class VolumeStore {
  readonly #options: VolumeStoreOptions
  readonly #volumes = new Map<string, Volume>()
  /** Nothing is removed while a container that wants it is being recorded. */
  readonly #turns = new Serial()
  readonly #content = new SerialByKey()

  private constructor(options: VolumeStoreOptions) {
    this.#options = options
  }

  /** Reads what is there; what an earlier release made without records gets them. */
  static async open(options: VolumeStoreOptions): Promise<VolumeStore> {
    const store = new VolumeStore(options)
    const root = volumesDirectory(options.directories)
    await mkdir(root, { recursive: true, mode: 0o711 })
    for (const name of await readdir(root)) {
      const paths = store.paths(name)
      const volume = name.startsWith('.') ? undefined : await readVolume(name, paths)
      if (volume === undefined) await rm(`${root}/${name}`, { recursive: true, force: true })
      else store.#volumes.set(name, volume)
    }
    return store
  }

  get all(): readonly Volume[] {
    return [...this.#volumes.values()]
  }

  get(name: string): Volume | undefined {
    return this.#volumes.get(name)
  }

  paths(name: string): VolumePaths {
    return volumePaths(this.#options.directories, name)
  }

  usersOf(name: string): readonly string[] {
    return this.#options.usersOf(name)
  }

  /** Makes a volume; one of that name that is there already is given as it is. */
  async create(
    name: string = randomBytes(32).toString('hex'),
    labels: Volume['labels'] = {},
  ): Promise<Volume> {
    return await this.#turns.run(() => this.#ensure(name, labels))
  }

  /**
   * Makes the volumes of mounts after `work` has recorded who has them: those without a name would be
   * nobody's after a crash. None of them goes meanwhile.
   */
  async withVolumes<T>(mounts: readonly ContainerMount[], work: () => Promise<T>): Promise<T> {
    return await this.#turns.run(async () => {
      const result = await work()
      for (const { type, source, anonymous, labels } of mounts)
        if (type === 'volume')
          await this.#ensure(source, {
            ...labels,
            ...(anonymous === true ? { [anonymousLabel]: '' } : {}),
          })
      return result
    })
  }

  /** Does something with the content of a volume that nobody else does meanwhile. */
  async alone(name: string, work: () => Promise<void>): Promise<void> {
    await this.#content.run(name, work)
  }

  /** Removes a volume with its content. Throws SLIPWAY_ENGINE_NO_SUCH_VOLUME, SLIPWAY_ENGINE_VOLUME_IN_USE. */
  async remove(name: string): Promise<void> {
    await this.#turns.run(async () => {
      if (!this.#volumes.has(name))
        throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_VOLUME', { name })
      const users = this.usersOf(name)
      if (users.length > 0)
        throw engineErrors.error('SLIPWAY_ENGINE_VOLUME_IN_USE', { name, ids: users.join(', ') })
      await this.#remove(name)
    })
  }

  /**
   * Removes a volume unless somebody has it, or it is not there; gives the bytes that it had, if it did.
   *
   * @param leaving a container that has it and goes
   */
  async removeUnused(name: string, leaving?: string): Promise<number | undefined> {
    return await this.#turns.run(async () => {
      const users = this.usersOf(name).filter((id) => id !== leaving)
      if (!this.#volumes.has(name) || users.length > 0) return undefined
      const sizeBytes = await treeSize(this.paths(name).data)
      await this.#remove(name)
      return sizeBytes
    })
  }

  /** Tells listeners what happened to a volume. */
  publish(name: string, action: string, more: Readonly<Record<string, string>> = {}): void {
    const attributes = { driver: 'local', ...more }
    this.#options.events.publish({ type: 'volume', action, id: name, attributes })
  }

  async #ensure(name: string, labels: Volume['labels']): Promise<Volume> {
    const present = this.#volumes.get(name)
    if (present !== undefined) return present
    const { data, record } = this.paths(name)
    const volume = { name, labels, createdAt: new Date().toISOString() }
    await mkdir(data, { recursive: true, mode: 0o755 })
    await writeFileAtomically(record, `${JSON.stringify(volume, undefined, 2)}\n`)
    await syncDirectory(volumesDirectory(this.#options.directories))
    this.#volumes.set(name, volume)
    this.publish(name, 'create')
    return volume
  }

  async #remove(name: string): Promise<void> {
    const root = volumesDirectory(this.#options.directories)
    const doomed = `${root}/.removed-${randomBytes(8).toString('hex')}`
    await rename(this.paths(name).directory, doomed)
    await syncDirectory(root)
    this.#volumes.delete(name)
    this.publish(name, 'destroy')
    await rm(doomed, { recursive: true, force: true })
  }
}

/** Undefined for what was never finished: the record is written last. */
async function readVolume(name: string, paths: VolumePaths): Promise<Volume | undefined> {
  try {
    // Written by the store alone, and replaced atomically: what parses is a record.
    return { ...(JSON.parse(await readFile(paths.record, 'utf8')) as Volume), name }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return await adopted(name, paths)
}

/** Earlier releases wrote no records, and gave a volume its name when it was complete. */
async function adopted(name: string, paths: VolumePaths): Promise<Volume | undefined> {
  const status = await stat(paths.data).catch(ifNowhere)
  if (status?.isDirectory() !== true) return undefined
  const labels: Volume['labels'] = /^[0-9a-f]{64}$/.test(name) ? { [anonymousLabel]: '' } : {}
  const volume = { name, createdAt: status.birthtime.toISOString(), labels }
  await writeFileAtomically(paths.record, `${JSON.stringify(volume, undefined, 2)}\n`)
  return volume
}
