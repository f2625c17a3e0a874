import { posix } from 'node:path'
import { engineErrors } from '../../errors/engine.ts'
import type { HeldDirectory } from './held-directory.ts'
import { heldDirectory, type Located, locate } from './locate.ts'

/** Where the entries of an archive go: paths below one directory of a root, which none leaves. */
export class Places implements AsyncDisposable {
  readonly #root: HeldDirectory
  readonly #directory: string
  readonly #rootId: number
  /** Entries of one directory follow each other. */
  #last: { readonly below: string; readonly path: string; readonly held: HeldDirectory } | undefined

  /** @param rootId who owns directories that are made on the way */
  constructor(root: HeldDirectory, directory: string, rootId: number) {
    this.#rootId = rootId
    this.#root = root
    this.#directory = directory
  }

  /** Where an entry goes; what is missing on the way is made. Throws SLIPWAY_ENGINE_ARCHIVE_UNSAFE. */
  async find(entry: string): Promise<Located> {
    const clean = insideOnly(entry)
    if (clean === '' || clean === '.') return await locate(this.#root, `${this.#directory}/`)
    const name = posix.basename(clean)
    const { held, path } = await this.#parent(posix.dirname(clean))
    const parent = await held.again()
    const status = await parent.statusOf(name)
    return {
      parent,
      name,
      path: `${path === '/' ? '' : path}/${name}`,
      status,
      [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose](),
    }
  }

  /** Called when a directory was replaced: what is known of the way may be so no more. */
  async forget(): Promise<void> {
    await this.#last?.held[Symbol.asyncDispose]()
    this.#last = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.forget()
  }

  async #parent(below: string) {
    if (this.#last?.below === below) return this.#last
    await this.forget()
    // The slash has a link followed, and what is not there made.
    await using found = await locate(this.#root, `${this.#directory}/${below}/.`, {
      createAs: this.#rootId,
    })
    const last = { below, path: found.path, held: await heldDirectory(found) }
    this.#last = last
    return last
  }
}

/** The name without what would lead out of where the archive goes. */
function insideOnly(name: string): string {
  const clean = posix.normalize(name).replace(/^\/+|\/+$/g, '')
  if (clean === '..' || clean.startsWith('../') || clean.includes('\0'))
    throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_UNSAFE', { name })
  return clean
}
