import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { writeFileAtomically } from '../../files/atomic.ts'
import { containerPaths, type Directories } from '../directories.ts'
import type { Container } from './container.ts'
import { type ContainerRecord, containerOf, recordOf } from './record.ts'

/** The container records, in memory and on disk; a change counts once it is on disk. */
export class ContainerStore {
  readonly #directories: Directories
  readonly #containers = new Map<string, Container>()

  private constructor(directories: Directories) {
    this.#directories = directories
  }

  /** Reads what an earlier supervisor left; half-made containers (without a record) are removed. */
  static async open(directories: Directories): Promise<ContainerStore> {
    const store = new ContainerStore(directories)
    const root = `${directories.state}/containers`
    await mkdir(root, { recursive: true, mode: 0o711 })
    for (const id of await readdir(root)) {
      const container = await readRecord(containerPaths(directories, id).record)
      if (container?.id === id) store.#containers.set(id, container)
      else await rm(`${root}/${id}`, { recursive: true, force: true })
    }
    return store
  }

  get all(): readonly Container[] {
    return [...this.#containers.values()]
  }

  get(id: string): Container | undefined {
    return this.#containers.get(id)
  }

  async save(container: Container): Promise<Container> {
    const { record } = containerPaths(this.#directories, container.id)
    await writeFileAtomically(record, `${JSON.stringify(recordOf(container), undefined, 2)}\n`, {
      outlastsPowerLoss: !goesWithItsBoot(container),
    })
    this.#containers.set(container.id, container)
    return container
  }

  /** Forgets a container; the record goes first, so that a crash leaves nothing that looks alive. */
  async remove(id: string): Promise<void> {
    const { state, record, bundle } = containerPaths(this.#directories, id)
    await rm(record, { force: true })
    this.#containers.delete(id)
    await rm(state, { recursive: true, force: true })
    await rm(bundle, { recursive: true, force: true })
  }
}

/**
 * It is removed at the next boot, whatever its record says, or if that is torn. One that has volumes without a name is
 * what leads to them.
 */
function goesWithItsBoot({ spec }: Container): boolean {
  return spec.autoRemove === true && !spec.mounts.some(({ anonymous }) => anonymous === true)
}

async function readRecord(path: string): Promise<Container | undefined> {
  try {
    // Written by `save` alone, and replaced atomically: what parses is a record.
    return containerOf(JSON.parse(await readFile(path, 'utf8')) as ContainerRecord)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError)
      return undefined
    throw error
  }
}
