import { DigestCheck } from '../digest.ts'
import type { GivenLayer, ImageIntake, IntakeOptions } from '../image-intake.ts'
import { hostPlatform } from '../platform.ts'
import { type ArchivedImage, archivedImages } from './archived-images.ts'
import { contentOf, StagedArchive } from './staged-archive.ts'

/** An image that was loaded. */
export type Loaded = { readonly id: string; readonly names: readonly string[] }

/**
 * Loads the images of an archive. Nothing of it is believed: names are looked up and not used as paths,
 * blobs are held against their digests and sizes, and each layer against its diff ID while it is unpacked.
 *
 * @param onLoaded is told of each image when it is there
 * @throws SLIPWAY_IMAGES_*, and the signal's reason
 */
export async function loadImages(
  intake: ImageIntake,
  source: AsyncIterable<Buffer>,
  options: IntakeOptions & { readonly onLoaded?: (loaded: Loaded) => void } = {},
): Promise<void> {
  await intake.staged(async ({ directory, limits }) => {
    const archive = await StagedArchive.stage(source, directory, limits.reserveBytes)
    const images = await archivedImages(archive, hostPlatform())
    for (const { configText, config, names, layers } of images) {
      const given = layers.map((layer, at) => givenLayer(layer, config.rootfs.diff_ids[at] ?? ''))
      const id = await intake.take({ configText, names, layers: given }, options)
      options.onLoaded?.({ id, names })
    }
  })
}

function givenLayer({ file, blob }: ArchivedImage['layers'][number], diffId: string): GivenLayer {
  const content = () =>
    blob === undefined ? contentOf(file) : checked(contentOf(file), blob.digest)
  return { diffId, sizeBytes: file.sizeBytes, content }
}

/** The last piece is given only after the whole proved right. @throws SLIPWAY_IMAGES_DIGEST_MISMATCH */
async function* checked(
  pieces: AsyncIterable<Buffer>,
  digest: string,
): AsyncGenerator<Buffer, void> {
  const check = new DigestCheck(digest)
  let held: Buffer | undefined
  for await (const piece of pieces) {
    check.update(piece)
    if (held !== undefined) yield held
    held = piece
  }
  check.finish('blob')
  if (held !== undefined) yield held
}
