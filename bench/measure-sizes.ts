import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { compressForTransport } from '../src/release/delta/compress.ts'
import type { OurImage } from './ours.ts'
import type { PeerImage } from './peer.ts'
import { type Row, row } from './rows.ts'

/** zstd's own default, which mkosi uses for compressed outputs too. */
const compressionLevel = 3

const downloadLimitBytes = 100e6

/** Sizes of the images, in bytes. */
export async function measureSizes(ours: OurImage, peer: PeerImage | undefined): Promise<Row[]> {
  const of = async (measure: (path: string) => Promise<number>, ...paths: string[]) => {
    const sizes = await Promise.all(paths.map(measure))
    return [sizes.reduce((sum, size) => sum + size, 0)]
  }
  const both = async (
    measure: (path: string) => Promise<number>,
    our: string,
    their: string | undefined,
  ) => ({ ours: await of(measure, our), ...(their && { peer: await of(measure, their) }) })
  return [
    row(
      'sizes',
      'Disk image (raw), blocks in use',
      'bytes',
      await both(allocated, ours.raw, peer?.raw),
      {
        share: 0.5,
      },
    ),
    row(
      'sizes',
      'Disk image (raw), compressed by zstd',
      'bytes',
      await both(zstdSize, ours.raw, peer?.raw),
    ),
    row('sizes', 'Disk image (qcow2), blocks in use', 'bytes', {
      ours: await of(allocated, ours.qcow2),
    }),
    row('sizes', '/usr (erofs)', 'bytes', { ours: await of(length, ours.usr) }),
    row('sizes', 'UKI', 'bytes', await both(length, ours.uki, peer?.uki)),
    row(
      'sizes',
      'What a host downloads for an update (/usr and UKI)',
      'bytes',
      { ours: await of(transportSize, ours.usr, ours.uki) },
      { limit: downloadLimitBytes },
    ),
  ]
}

async function length(path: string): Promise<number> {
  return (await stat(path)).size
}

/** As `slipway release create` compresses it for hosts that have nothing to take a delta from. */
async function transportSize(path: string): Promise<number> {
  return (await compressForTransport(await readFile(path))).length
}

/** stat(2) counts blocks in units of 512 bytes. */
async function allocated(path: string): Promise<number> {
  return (await stat(path)).blocks * 512
}

async function zstdSize(path: string): Promise<number> {
  const compress = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: compressionLevel },
  })
  let size = 0
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), compress, async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) size += chunk.length
  })
  return size
}
