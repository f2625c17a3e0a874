import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UsrFileSystem } from '../image/definition.ts'
import { compressHints, erofsArguments } from './usr.ts'

const seed = '8b0fc6b8-9f3c-4d1e-8a57-0d2f1c6e5b90'
const paths = { hints: '/work/hints', image: '/work/usr.erofs', tree: '/work/tree/usr' }
const packed: UsrFileSystem = {
  compression: 'zstd',
  compressionLevel: 3,
  clusterSizeKiB: 64,
  quickFiles: ['/usr/lib/a.b/host'],
}

test('quick files are packed by lz4hc, all others by the image’s own algorithm', () => {
  assert.equal(compressHints(packed), '65536 1 ^/?lib/a\\.b/host$\n65536 0 .*\n')
  const given = erofsArguments(packed, seed, 1, paths)
  assert.ok(given.includes('-zzstd,level=3:lz4hc,level=9'))
  assert.ok(given.includes('--compress-hints=/work/hints'))
})

test('an image without compression, or of lz4hc alone, has no quick files apart', () => {
  const none = erofsArguments({ ...packed, compression: 'none' }, seed, 1, paths)
  assert.deepEqual(
    none.filter((argument) => /^-z|^-C|hints/.test(argument)),
    [],
  )
  const lz4hc = erofsArguments({ ...packed, compression: 'lz4hc' }, seed, 1, paths)
  assert.deepEqual(
    lz4hc.filter((argument) => /^-z|^-C|hints/.test(argument)),
    ['-zlz4hc,level=3', '-C65536'],
  )
})
