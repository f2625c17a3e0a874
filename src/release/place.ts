import { chmod, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '../files/atomic.ts'

/**
 * Puts files into a directory that may be read, or lose its power, at any moment: each is there complete
 * or not at all.
 */
export class Placement {
  readonly #scratch: string

  private constructor(scratch: string) {
    this.#scratch = scratch
  }

  /** Begins to put files below `directory`, whose lock the caller holds. */
  static async begin(directory: string): Promise<Placement> {
    const scratch = join(directory, '.new')
    await rm(scratch, { recursive: true, force: true })
    await mkdir(scratch, { recursive: true })
    return new Placement(scratch)
  }

  /**
   * A hard link to `source`; a copy where links cannot be, and of what a web server could not read: some
   * programs of the build write for their owner alone.
   */
  async file(source: string, path: string): Promise<void> {
    const { mode } = await stat(source)
    await this.#place(path, async (temporary) => {
      if ((mode & READABLE) !== READABLE) {
        await copyFile(source, temporary)
        await chmod(temporary, mode | READABLE)
        return
      }
      try {
        await link(source, temporary)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        if (!['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP'].includes(code)) throw error
        await copyFile(source, temporary)
      }
    })
  }

  async text(text: string, path: string): Promise<void> {
    await this.#place(path, async (temporary) => {
      await using file = await open(temporary, 'wx')
      await file.writeFile(text)
    })
  }

  /** Where a file may be made that is placed later. */
  scratch(name: string): string {
    return join(this.#scratch, `made-${name}`)
  }

  async end(): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true })
  }

  async #place(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = join(this.#scratch, basename(path))
    await rm(temporary, { force: true })
    await make(temporary)
    await using file = await open(temporary, 'r')
    await file.sync()
    await makeDirectories(dirname(path))
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  }
}

const READABLE = 0o444

/** Directories with their names on the disk, from the first that was missing. */
async function makeDirectories(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true })
  if (first === undefined) return
  for (let each = directory; each.length >= first.length; each = dirname(each))
    await syncDirectory(dirname(each))
}
