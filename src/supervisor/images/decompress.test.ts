import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { decompressor, detectCompression, isDecompressionError } from './decompress.ts'

const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
const forms: Record<string, Buffer> = {
  'a plain stream': Buffer.from('hello world'),
  'one gzip member': gzipSync('hello world'),
  'two gzip members': Buffer.concat([gzipSync('hello '), gzipSync('world')]),
  'two zstd frames': Buffer.concat([zstdCompressSync('hello '), zstdCompressSync('world')]),
  'a skippable zstd frame first': Buffer.concat([skippable, zstdCompressSync('hello world')]),
  'a skippable zstd frame last': Buffer.concat([zstdCompressSync('hello world'), skippable]),
}
for (const [name, bytes] of Object.entries(forms)) {
  test(`reads ${name}`, async () => {
    const stream = decompressor(detectCompression(bytes))
    stream.end(bytes)
    assert.equal(await text(stream), 'hello world')
  })
}

for (const [name, bytes] of Object.entries({
  gzip: gzipSync('hello world'),
  zstd: zstdCompressSync('hello world'),
})) {
  test(`fails when ${name} data is cut short`, async () => {
    const stream = decompressor(detectCompression(bytes))
    stream.end(bytes.subarray(0, -6))
    await assert.rejects(text(stream), isDecompressionError)
  })
}
