import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { imagesErrors } from '../../errors/images.ts'
import { contentOf } from './archive/staged-archive.ts'
import type { GivenLayer, Staging } from './image-intake.ts'
import { checkSpace, spaceCheckBytes } from './limits.ts'

/**
 * Makes a layer of a tar whose digest nobody knows yet; undefined when there is nothing at all.
 *
 * @throws SLIPWAY_IMAGES_LAYER_TOO_LARGE, SLIPWAY_IMAGES_DISK_FULL, and what the source throws
 */
export async function newLayer(
  tar: AsyncIterable<Buffer>,
  { directory, limits }: Staging,
): Promise<GivenLayer | undefined> {
  const path = join(directory, 'layer.tar')
  const hash = createHash('sha256')
  let sizeBytes = 0
  let checkedBytes = -spaceCheckBytes
  {
    await using file = await open(path, 'wx', 0o600)
    for await (const piece of tar) {
      hash.update(piece)
      sizeBytes += piece.length
      if (sizeBytes > limits.layerBytes)
        throw imagesErrors.error('SLIPWAY_IMAGES_LAYER_TOO_LARGE', {
          digest: 'of the archive',
          limit: `${limits.layerBytes / 1024 ** 2} MiB`,
        })
      if (sizeBytes - checkedBytes >= spaceCheckBytes) {
        checkedBytes = sizeBytes
        await checkSpace('a new layer', directory, spaceCheckBytes, limits.reserveBytes)
      }
      await file.writeFile(piece)
    }
  }
  if (sizeBytes === 0) return undefined
  const diffId = `sha256:${hash.digest('hex')}`
  return { diffId, sizeBytes, content: () => contentOf({ path, sizeBytes }) }
}
