import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { imagesErrors } from '../../errors/images.ts'
import { syncDirectory } from '../../files/atomic.ts'
import type { FileSystemSync } from './file-system-sync.ts'
import { type LayerFacts, readLayerFacts, writeLayerFacts } from './layer-facts.ts'
import { remakeLayer } from './layer-recipe.ts'
import type { PlainLayer } from './plain-manifest.ts'

/**
 * The unpacked layers, one directory per diff ID, and beside them how their tars can be made again. A
 * layer is filled in `staging/` and appears in `layers/` by one rename, after its content has reached
 * the disk and what is known of it is in `recipes/`: what is there is complete.
 */
export class LayerStore {
  /** For what is being made; emptied when the store is opened. */
  readonly staging: string
  readonly #layers: string
  readonly #recipes: string
  readonly #sync: FileSystemSync
  readonly #facts = new Map<string, LayerFacts>()

  private constructor(
    { layers, recipes, staging }: { layers: string; recipes: string; staging: string },
    sync: FileSystemSync,
  ) {
    this.#layers = layers
    this.#recipes = recipes
    this.staging = staging
    this.#sync = sync
  }

  /** Removes what an earlier process left unfinished. */
  static async open(directory: string, sync: FileSystemSync): Promise<LayerStore> {
    const layers = join(directory, 'layers')
    const recipes = join(directory, 'recipes')
    const staging = join(directory, 'staging')
    await mkdir(layers, { recursive: true, mode: 0o700 })
    await mkdir(recipes, { recursive: true, mode: 0o700 })
    await removeTree(staging)
    await mkdir(staging, { mode: 0o700 })
    const store = new LayerStore({ layers, recipes, staging }, sync)
    await store.#dropLeftRecipes()
    return store
  }

  /** Where a layer is or would be. */
  directory(diffId: string): string {
    return join(this.#layers, diffId.slice(diffId.indexOf(':') + 1))
  }

  async has(diffId: string): Promise<boolean> {
    return (await this.#isThere(diffId)) && (await this.facts(diffId)) !== undefined
  }

  /** What is known of a layer; undefined when it is not here. */
  async facts(diffId: string): Promise<LayerFacts | undefined> {
    const known = this.#facts.get(diffId) ?? (await readLayerFacts(this.#recipe(diffId, 'json')))
    if (known !== undefined) this.#facts.set(diffId, known)
    return known
  }

  /**
   * The uncompressed tar of a layer, bit by bit as its diff ID says.
   *
   * @throws SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE, and as `remakeLayer`
   */
  async *tar(diffId: string): AsyncGenerator<Buffer, void, undefined> {
    await this.plain(diffId)
    yield* remakeLayer(this.#recipe(diffId, 'recipe'), this.directory(diffId), diffId)
  }

  /** The size of a layer's tar, which can be made. @throws SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE */
  async plain(diffId: string): Promise<PlainLayer> {
    const facts = await this.facts(diffId)
    if (facts?.isReproducible === true) return { diffId, tarBytes: facts.tarBytes }
    throw imagesErrors.error('SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE', { diffId })
  }

  async #isThere(diffId: string): Promise<boolean> {
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

  /**
   * Makes a layer; `fill` gets an empty directory and the name of the recipe to write. Nothing stays
   * when it fails.
   */
  async add(
    diffId: string,
    fill: (directory: string, recipe: string) => Promise<LayerFacts>,
  ): Promise<void> {
    const staged = join(this.staging, randomUUID())
    const recipe = `${staged}.recipe`
    await mkdir(staged)
    try {
      // Not left to mkdir: the mode of a layer's top must not depend on our umask.
      await chmod(staged, 0o755)
      const facts = await fill(staged, recipe)
      await this.#sync.flush()
      await rename(recipe, this.#recipe(diffId, 'recipe'))
      await writeLayerFacts(this.#recipe(diffId, 'json'), facts)
      this.#facts.set(diffId, facts)
      await rename(staged, this.directory(diffId))
    } catch (error) {
      await removeTree(staged)
      await removeTree(recipe)
      // Another one made the same layer meanwhile: same diff ID, same content.
      if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error
    }
    await syncDirectory(this.#layers)
  }

  async remove(diffId: string): Promise<void> {
    const trash = join(this.staging, randomUUID())
    await rename(this.directory(diffId), trash)
    await syncDirectory(this.#layers)
    this.#facts.delete(diffId)
    for (const kind of ['json', 'recipe'] as const)
      await rm(this.#recipe(diffId, kind), { force: true })
    await removeTree(trash)
  }

  /** Brings everything written below the store to the disk. */
  async flush(): Promise<void> {
    await this.#sync.flush()
  }

  #recipe(diffId: string, kind: 'json' | 'recipe'): string {
    return join(this.#recipes, `${basename(this.directory(diffId))}.${kind}`)
  }

  /** Those whose layer was not made to its end, or was removed. */
  async #dropLeftRecipes(): Promise<void> {
    for (const name of await readdir(this.#recipes)) {
      const [hex = '', ...kind] = name.split('.')
      const isKnown = ['json', 'recipe'].includes(kind.join('.'))
      if (!isKnown || !(await this.#isThere(`sha256:${hex}`)))
        await rm(join(this.#recipes, name), { force: true })
    }
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

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
