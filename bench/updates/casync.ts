import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buildFolder, type InTree } from './peers.ts'
import type { Build } from './releases.ts'

export type Casync = {
  /** Bytes of the whole store, with its indexes. */
  readonly full: number
  /** Bytes of the indexes, and of the chunks of the newest build that an older one has not. */
  missing(older: Build): Promise<number>
}

const images = ['usr.erofs', 'slipway.efi'] as const

/** Has casync cut /usr and UKI of the newest build, with its own settings. */
export async function openCasync(newest: Build, work: string, inTree: InTree): Promise<Casync> {
  const cut = async (build: Build) => {
    const store = join(work, `${build.version}.castr`)
    await mkdir(store)
    let indexBytes = 0
    for (const image of images) {
      const index = `${build.version}.${image}.caibx`
      const inside = [`--store=/work/${build.version}.castr`, `/work/${index}`]
      await inTree('casync', 'make', ...inside, `${buildFolder(build)}/${image}`)
      indexBytes += (await stat(join(work, index))).size
    }
    return { chunks: await chunksOf(store), indexBytes }
  }
  const { chunks, indexBytes } = await cut(newest)
  const sum = (known: ReadonlyMap<string, number>) =>
    [...chunks].reduce((bytes, [name, size]) => bytes + (known.has(name) ? 0 : size), indexBytes)
  return {
    full: sum(new Map()),
    missing: async (older) => sum((await cut(older)).chunks),
  }
}

/** Sizes of a store's chunks, compressed as they are there, by name. */
async function chunksOf(store: string): Promise<ReadonlyMap<string, number>> {
  const files = await readdir(store, { recursive: true, withFileTypes: true })
  const chunks = files.filter((file) => file.isFile() && file.name.endsWith('.cacnk'))
  return new Map(
    await Promise.all(
      chunks.map(async ({ name, parentPath }) => {
        const { size } = await stat(join(parentPath, name))
        return [name, size] as const
      }),
    ),
  )
}
