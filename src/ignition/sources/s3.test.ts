import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketUrl, objectUrl, regionToAsk, s3Object } from './s3.ts'

function address(source: string, region: string): string | undefined {
  const object = s3Object(source)
  return object && objectUrl(object, object.accessPoint?.region ?? region).href
}

test('addresses objects by bucket, key and version', () => {
  assert.equal(
    address('s3://bucket/a/b c+d.ign?versionId=v%2F1', 'eu-west-1'),
    'https://bucket.s3.dualstack.eu-west-1.amazonaws.com/a/b%20c%2Bd.ign?versionId=v%2F1',
  )
  assert.equal(
    address('arn:aws-cn:s3:::bucket/key', 'cn-north-1'),
    'https://bucket.s3.dualstack.cn-north-1.amazonaws.com.cn/key',
  )
  assert.equal(
    address('s3://dotted.bucket/key', 'us-east-1'),
    'https://s3.dualstack.us-east-1.amazonaws.com/dotted.bucket/key',
  )
})

test('addresses objects by access points, whose ARN has the region', () => {
  assert.equal(
    address('arn:aws:s3:us-west-2:123456789012:accesspoint/point/object/a/b', 'x'),
    'https://point-123456789012.s3-accesspoint.dualstack.us-west-2.amazonaws.com/a/b',
  )
  assert.equal(s3Object('arn:aws:s3:us-west-2:1:accesspoint/point/other/a'), undefined)
})

test('asks a region of the partition where the bucket is', () => {
  const ask = (source: string, here?: string) => {
    const object = s3Object(source)
    return object && regionToAsk(object, here)
  }
  assert.equal(ask('arn:aws-us-gov:s3:::b/k', 'eu-west-1'), 'us-gov-west-1')
  assert.equal(ask('s3://b/k', 'eu-west-1'), 'eu-west-1')
  assert.equal(ask('s3://b/k'), 'us-east-1')
  const object = s3Object('s3://b/k')
  assert.equal(
    object && bucketUrl(object, 'us-east-1').href,
    'https://s3.us-east-1.amazonaws.com/b',
  )
})
