import type { Version } from '../index.ts'
import { type Case, storageWith, testRules } from '../testing/cases.ts'

const at = '$.storage.files.0.contents'

function withContents(contents: object, version?: Version) {
  return storageWith({ files: [{ path: '/a', contents }] }, version)
}

const sha512 = `sha512-${'0f'.repeat(64)}`
const sha256 = `sha256-${'0F'.repeat(32)}`
const data = 'data:,x'

const sources: readonly Case[] = [
  ...['http', 'https', 'tftp', 's3'].map(
    (scheme): Case => [
      `${scheme} is a scheme of every version`,
      withContents({ source: `${scheme}://host/path` }, '3.0.0'),
      [],
    ],
  ),
  [
    'oem was a scheme of specification 2 only',
    withContents({ source: 'oem:///a' }),
    [`error IGNITION_SOURCE_SCHEME ${at}.source`],
  ],
  [
    'a source without scheme is no source',
    withContents({ source: '/a' }),
    [`error IGNITION_SOURCE_SCHEME ${at}.source`],
  ],
  [
    'gs came with 3.2.0: before',
    withContents({ source: 'gs://bucket/object' }, '3.1.0'),
    [`error IGNITION_SOURCE_SCHEME ${at}.source`],
  ],
  ['gs came with 3.2.0', withContents({ source: 'gs://bucket/object' }, '3.2.0'), []],
  [
    'arn came with 3.4.0: before',
    withContents({ source: 'arn:aws:s3:::bucket/key' }, '3.3.0'),
    [`error IGNITION_SOURCE_SCHEME ${at}.source`],
  ],
  ['arn came with 3.4.0', withContents({ source: 'arn:aws:s3:::bucket/key' }, '3.4.0'), []],
  [
    'a source that is no URL is refused',
    withContents({ source: 'http://[::1' }),
    [`error IGNITION_SOURCE_URL ${at}.source`],
  ],
  [
    'a port that is no number is refused',
    withContents({ source: 'http://host:port/' }),
    [`error IGNITION_SOURCE_URL ${at}.source`],
  ],
  [
    'a versionId of an S3 object must not be empty',
    withContents({ source: 's3://bucket/key?versionId=' }),
    [`error IGNITION_S3_VERSION ${at}.source`],
  ],
  ['an S3 object may have a versionId', withContents({ source: 's3://b/k?versionId=1' }), []],
  [
    'a versionId of an ARN must not be empty',
    withContents({ source: 'arn:aws:s3:::bucket/key?versionId=' }),
    [`error IGNITION_S3_VERSION ${at}.source`],
  ],
  ...[
    'arn:aws:ec2:::bucket/key',
    'arn:aws:s3:::bucket',
    'arn:s3',
    'arn:aws:s3:r:1:accesspoint/a',
  ].map(
    (source): Case => [
      `${source} is no ARN of an object`,
      withContents({ source }),
      [`error IGNITION_S3_ARN ${at}.source`],
    ],
  ),
  [
    'an object may be named by its access point',
    withContents({ source: 'arn:aws:s3:us-west-1:123456789012:accesspoint/name/object/key' }),
    [],
  ],
  [
    'a data URL must be encoded',
    withContents({ source: 'data:,a b' }),
    [`error IGNITION_DATA_URL ${at}.source`],
  ],
]

const hashes: readonly Case[] = [
  [
    'sha512 is a hash of every version',
    withContents({ source: data, verification: { hash: sha512 } }, '3.0.0'),
    [],
  ],
  [
    'sha256 came with 3.1.0',
    withContents({ source: data, verification: { hash: sha256 } }, '3.1.0'),
    [],
  ],
  [
    'sha256 came with 3.1.0: before',
    withContents({ source: data, verification: { hash: sha256 } }, '3.0.0'),
    [`error IGNITION_HASH_FUNCTION ${at}.verification.hash`],
  ],
  [
    'a hash names its function',
    withContents({ source: data, verification: { hash: '0f' } }),
    [`error IGNITION_HASH_MALFORMED ${at}.verification.hash`],
  ],
  [
    'a hash has all of its digits',
    withContents({ source: data, verification: { hash: sha512.slice(0, -1) } }),
    [`error IGNITION_HASH_LENGTH ${at}.verification.hash`],
  ],
  [
    'a hash has hex digits only',
    withContents({ source: data, verification: { hash: sha256.replaceAll('F', 'G') } }),
    [`error IGNITION_HASH_DIGITS ${at}.verification.hash`],
  ],
  [
    'without a source there is nothing to verify',
    withContents({ verification: { hash: sha512 } }),
    [`error IGNITION_VERIFICATION_WITHOUT_SOURCE ${at}.verification.hash`],
  ],
  [
    'an empty source can be verified',
    withContents({ source: '', verification: { hash: sha512 } }),
    [],
  ],
]

const header = { name: 'Accept', value: 'text/plain' }

const transport: readonly Case[] = [
  ['gzip is a compression', withContents({ source: data, compression: 'gzip' }), []],
  ['an empty compression is none', withContents({ source: data, compression: '' }), []],
  [
    'nothing else is a compression',
    withContents({ source: data, compression: 'zstd' }),
    [`error IGNITION_COMPRESSION ${at}.compression`],
  ],
  ['http has headers', withContents({ source: 'http://h/', httpHeaders: [header] }), []],
  ['https has headers', withContents({ source: 'https://h/', httpHeaders: [header] }), []],
  [
    'other schemes have no headers',
    withContents({ source: 's3://b/k', httpHeaders: [header] }),
    [`error IGNITION_HEADERS_SCHEME ${at}.httpHeaders`],
  ],
  [
    'without a source there are no headers',
    withContents({ httpHeaders: [header] }),
    [`error IGNITION_HEADERS_SCHEME ${at}.httpHeaders`],
  ],
  [
    'a header has a name',
    withContents({ source: 'http://h/', httpHeaders: [{ ...header, name: '' }] }),
    [`error IGNITION_HEADER_NAME ${at}.httpHeaders.0.name`],
  ],
  [
    'a header has a value',
    withContents({ source: 'http://h/', httpHeaders: [{ ...header, value: '' }] }),
    [`error IGNITION_HEADER_VALUE ${at}.httpHeaders.0.value`],
  ],
  [
    'a header without value is for a merge to remove',
    withContents({ source: 'http://h/', httpHeaders: [{ name: 'Accept', value: null }] }),
    [],
  ],
  [
    'a header is there once',
    withContents({ source: 'http://h/', httpHeaders: [header, header] }),
    [`error IGNITION_DUPLICATE ${at}.httpHeaders.1.name`],
  ],
]

testRules([...sources, ...hashes, ...transport])
