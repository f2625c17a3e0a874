import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadImage } from '../../image/load.ts'
import { artifactFile } from '../artifacts.ts'
import { type BuiltImage, buildImage } from '../index.ts'
import { fileDigest } from '../outputs-digest.ts'
import { sparseFileDigest } from '../sparse-file-digest.ts'

export const buildProgram = fileURLToPath(import.meta.url)

/** SHA-256 of what a build made, by name. */
export async function digestsOf(built: BuiltImage): Promise<Readonly<Record<string, string>>> {
  const { signal } = new AbortController()
  const files = Object.entries(built.artifacts).map(([name, each]) => [name, artifactFile(each)])
  const all = [...files, ['initrd', built.initrd.files.image], ['sbom', built.manifest.files.sbom]]
  const digests = await Promise.all(
    all.map(async ([name = '', file = '']) => [
      name,
      name.endsWith('.raw')
        ? await sparseFileDigest(file, built.tools.files.trees, signal)
        : await fileDigest(file),
    ]),
  )
  return Object.fromEntries(digests)
}

// Started as a process of its own: builds the image and prints its digests.
if (import.meta.main) {
  const [project = '', cache = ''] = process.argv.slice(2)
  const image = await loadImage('qemu', { directory: join(project, 'images') })
  const { signal } = new AbortController()
  const built = await buildImage(image, { project, cache, locked: true, signal, emit: () => {} })
  process.stdout.write(JSON.stringify(await digestsOf(built)))
}
