import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { WINDOW_LOG } from '../../update/delta/patch-format.ts'

const compress = promisify(zstdCompress)

/** Packs what many hosts download and unpack once; they need 8 MiB for it. */
export async function compressForTransport(bytes: Buffer, level = 19): Promise<Buffer> {
  return await compress(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: WINDOW_LOG,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
    pledgedSrcSize: bytes.length,
  })
}
