import type { ImageStore } from '../../images/store.ts'
import type { StoredImage } from '../../images/stored-image.ts'
import { Fields } from '../fields.ts'

/** The configuration of an image as its maker wrote it, for what the host itself has no use for. */
export function configFields({ records: [record] }: StoredImage): Fields {
  return new Fields(record === undefined ? {} : JSON.parse(record.configText), 'the configuration')
}

/** When an image was made, in seconds; 0 for one that does not say so. */
export function createdSeconds(store: ImageStore, image: StoredImage): number {
  return seconds(store.imageOf(image).config.created)
}

export function seconds(time: string | undefined): number {
  const ms = Date.parse(time ?? '')
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000)
}
