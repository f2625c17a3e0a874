import { createCipheriv, createHash } from 'node:crypto'
import { layerTar } from '../../src/supervisor/images/testing/layer-tar.ts'

export const largeImage = { layers: 10, filesPerLayer: 400, fileBytes: 125_000 } as const

/**
 * A layer of the image that is pulled, 50 MB of files that compress to about half, as programs do: the same at each call.
 */
export function largeLayer(index: number): Buffer {
  const { filesPerLayer, fileBytes } = largeImage
  const directories = ['data/', `data/${index}/`]
  return layerTar([
    ...directories.map((name) => ({ name, type: 'directory' as const, mode: 0o755 })),
    ...Array.from({ length: filesPerLayer }, (_, file) => ({
      name: `data/${index}/${String(file).padStart(3, '0')}`,
      content: hexadecimal(`${index}/${file}`, fileBytes),
    })),
  ])
}

/** Digits without an order that a compressor could find, but each of four bits only. */
function hexadecimal(seed: string, sizeBytes: number): string {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return cipher.update(Buffer.alloc(sizeBytes / 2)).toString('hex')
}
