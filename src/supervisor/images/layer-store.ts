import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { FileSystemSync } from './file-system-sync.ts'

/**
 * The unpacked layers, one directory per diff ID. A layer is filled in `staging/` and appears in
 * `layers/` by one rename, after its content has reached the disk: what is there is complete.
 */
export class LayerStore {
  readonly #layers: string
  readonly #staging: string
  readonly #sync: FileSystemSync

  private constructor(layers: string, staging: string, sync: FileSystemSync) {
    this.#layers = layers
    this.#staging = staging
    this.#sync = sync
  }

  /** Removes what an earlier process left unfinished. */
  static async open(directory: string, sync: FileSystemSync): Promise<LayerStore> {
    const layers = join(directory, 'layers')
    const staging = join(directory, 'staging')
    await mkdir(layers, { recursive: true, mode: 0o700 })
    await removeTree(staging)
    await mkdir(staging, { mode: 0o700 })
    return new LayerStore(layers, staging, sync)
  }

  /** Where a layer is or would be. */
  directory(diffId: string): string {
    return join(this.#layers, diffId.slice(diffId.indexOf(':') + 1))
  }

  async has(diffId: string): Promise<boolean> {
    try {
      return (await stat(this.directory(diffId))).isDirectory()
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false
      throw error
    }
  }

  async list(): Promise<string[]> {
    const names = await readdir(this.#layers)
    return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map(diffIdOf)
  }

  /** Makes a layer; `fill` gets an empty directory. Nothing stays when it fails. */
  async add(diffId: string, fill: (directory: string) => Promise<void>): Promise<void> {
    const staged = join(this.#staging, randomUUID())
    await mkdir(staged)
    try {
      // Not left to mkdir: the mode of a layer's top must not depend on our umask.
      await chmod(staged, 0o755)
      await fill(staged)
      await this.#sync.flush()
      await rename(staged, this.directory(diffId))
    } catch (error) {
      await removeTree(staged)
      // Another one made the same layer meanwhile: same diff ID, same content.
      if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error
    }
    await syncDirectory(this.#layers)
  }

  async remove(diffId: string): Promise<void> {
    const trash = join(this.#staging, randomUUID())
    await rename(this.directory(diffId), trash)
    await syncDirectory(this.#layers)
    await removeTree(trash)
  }
}

/** The layer that a directory of the store holds. */
export function diffIdOf(directory: string): string {
  return `sha256:${basename(directory)}`
}

/** A program that was killed with us may still write into it for a moment. */
async function removeTree(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
