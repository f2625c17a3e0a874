import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecords } from './archive.ts'

const records = `Package: libstdc++6
Source: gcc-14 (14.2.0-19)
Version: 14.2.0-19+b1
Architecture: amd64
Depends: libc6 (>= 2.38)
Size: 730368
SHA256: aa
Homepage: http://gcc.gnu.org/
Description: GNU Standard C++ Library v3
 Version: of a description is not one

Package: tar
Version: 1.35+dfsg-3.1
Architecture: amd64
Size: 815476
SHA256: bb

`

test('records of apt-cache give packages with the source that each was built from', () => {
  assert.deepEqual(parseRecords(records), [
    {
      name: 'libstdc++6',
      version: '14.2.0-19+b1',
      architecture: 'amd64',
      source: { name: 'gcc-14', version: '14.2.0-19' },
      sha256: 'aa',
      sizeBytes: 730368,
      homepage: 'http://gcc.gnu.org/',
    },
    {
      name: 'tar',
      version: '1.35+dfsg-3.1',
      architecture: 'amd64',
      source: { name: 'tar', version: '1.35+dfsg-3.1' },
      sha256: 'bb',
      sizeBytes: 815476,
    },
  ])
  assert.deepEqual(parseRecords(''), [])
})

test('a record without a digest is refused', () => {
  assert.throws(() => parseRecords('Package: tar\nVersion: 1\nArchitecture: amd64\nSize: 1\n'), {
    message: /without SHA256/,
  })
})
