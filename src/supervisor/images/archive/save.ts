import type { ImageStore } from '../store.ts'
import type { StoredImage } from '../stored-image.ts'
import { blankHeader, blockBytes, encodeHeader, padding, type TarHeader } from '../tar-header.ts'
import { type SavedFile, type SavedImage, savedFiles } from './saved-files.ts'

/** An image, and the names that it is saved under. */
export type ToSave = { readonly image: StoredImage; readonly names: readonly string[] }

/**
 * The archive of images, the same bits each time. Whoever calls sees to it that they stay meanwhile. What
 * keeps them from being saved is told before the first piece.
 *
 * @throws SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE, and as `LayerStore.tar`
 */
export async function* saveImages(
  store: ImageStore,
  wanted: readonly ToSave[],
): AsyncGenerator<Buffer, void> {
  const images: SavedImage[] = []
  for (const { image, names } of wanted) {
    const { diff_ids: diffIds } = store.imageOf(image).config.rootfs
    const configText = image.records[0]?.configText ?? ''
    images.push({ configText, names, layers: await store.plainLayers(diffIds) })
  }
  for (const name of ['blobs/', 'blobs/sha256/']) yield header({ type: 'directory', name })
  for (const file of savedFiles(images)) yield* archived(store, file)
  yield Buffer.alloc(2 * blockBytes)
}

async function* archived(store: ImageStore, file: SavedFile): AsyncGenerator<Buffer, void> {
  const { name } = file
  if ('text' in file) {
    const bytes = Buffer.from(file.text)
    yield Buffer.concat([header({ name, sizeBytes: bytes.length }), bytes, padding(bytes.length)])
    return
  }
  const { diffId, tarBytes } = file.layer
  yield header({ name, sizeBytes: tarBytes })
  yield* store.layerTar(diffId)
  yield padding(tarBytes)
}

function header(fields: Partial<TarHeader> & Pick<TarHeader, 'name'>): Buffer {
  return encodeHeader({
    ...blankHeader,
    mode: fields.type === 'directory' ? 0o755 : 0o644,
    ...fields,
  })
}
