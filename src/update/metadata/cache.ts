import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { updateErrors } from '../../errors/update.ts'
import { namesIn } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { type Roots, rootVersion } from './fetcher.ts'

/** What tuf-js keeps under these names; in this order, though any mixture of old and new is sound. */
const names = ['timestamp.json', 'snapshot.json', 'targets.json'] as const

/**
 * The metadata that this host has accepted. tuf-js writes its files in place, so it works on a copy;
 * what it accepted is then moved over file by file. A power cut leaves each file old or new, and any
 * mixture serves: each file was verified by itself, and is verified again when it is read.
 */
export class MetadataCache {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** The directory that tuf-js works in. */
  get work(): string {
    return join(this.#directory, 'work')
  }

  /** The roots after the host's own one. */
  async roots(afterVersion: number): Promise<Roots> {
    return await this.#guarded(async () => {
      const roots = new Map<number, Buffer>()
      for (const name of await this.#files()) {
        const version = rootVersion(name)
        if (version !== undefined && version > afterVersion)
          roots.set(version, await readFile(join(this.#directory, name)))
      }
      return roots
    })
  }

  /** Makes the copy that tuf-js works in, with the root that trust starts from. */
  async open(root: Uint8Array): Promise<void> {
    await this.#guarded(async () => {
      await rm(this.work, { recursive: true, force: true })
      await mkdir(this.work, { recursive: true, mode: 0o700 })
      await writeFile(join(this.work, 'root.json'), root)
      const files = await this.#files()
      for (const name of names)
        if (files.includes(name))
          await writeFile(join(this.work, name), await readFile(join(this.#directory, name)))
    })
  }

  /** A file of the copy. */
  async read(name: (typeof names)[number] | 'root.json'): Promise<Buffer> {
    return await readFile(join(this.work, name))
  }

  /**
   * Keeps what tuf-js accepted, of a refresh that was refused in the end too: what it did accept is what
   * the next one must not fall behind.
   *
   * @param roots the verified roots after the host's own one
   * @throws SLIPWAY_UPDATE_CACHE_FAILED
   */
  async save(roots: Roots): Promise<void> {
    await this.#guarded(async () => {
      const files = await this.#files()
      for (const [version, bytes] of roots) await this.#keep(`${version}.root.json`, bytes, files)
      const accepted = await readdir(this.work)
      for (const name of names)
        if (accepted.includes(name))
          await this.#keep(name, await readFile(join(this.work, name)), files)
      const gone = files.filter((name) => {
        const version = rootVersion(name)
        return version !== undefined && !roots.has(version)
      })
      for (const name of gone) await rm(join(this.#directory, name), { force: true })
      await rm(this.work, { recursive: true, force: true })
    })
  }

  async #keep(name: string, bytes: Buffer, files: readonly string[]): Promise<void> {
    const path = join(this.#directory, name)
    if (files.includes(name) && bytes.equals(await readFile(path))) return
    await writeFileAtomically(path, bytes.toString('utf8'))
  }

  async #files(): Promise<string[]> {
    return await namesIn(this.#directory)
  }

  async #guarded<Value>(operation: () => Promise<Value>): Promise<Value> {
    try {
      return await operation()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const details = { directory: this.#directory, reason }
      throw updateErrors.error('SLIPWAY_UPDATE_CACHE_FAILED', details, error)
    }
  }
}
