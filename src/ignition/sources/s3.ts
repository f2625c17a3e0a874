import { ignitionErrors } from '../../errors/ignition.ts'
import { escaped } from './signature-v4.ts'
import { splitUrl, unescapedPath } from './source-url.ts'

/** An object of S3, as `s3://bucket/key` or an ARN names it. */
export type S3Object = {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
  readonly partition: string
  /** Set for access points, which are of one region and account. */
  readonly accessPoint?: { readonly region: string; readonly account: string }
}

/** Reads `s3://bucket/key` and `arn:partition:s3:…`, both with `?versionId=`; undefined otherwise. */
export function s3Object(source: string): S3Object | undefined {
  const [plain = '', query = ''] = source.split('#', 1)[0]?.split(/\?(.*)/s) ?? []
  const versionId = new URLSearchParams(query).get('versionId') ?? undefined
  const version = versionId === undefined ? {} : { versionId }
  const object = /^arn:/i.test(plain) ? byArn(plain) : byUrl(plain)
  return object && { ...object, ...version }
}

function byUrl(source: string): S3Object | undefined {
  const url = splitUrl(source)
  if (url?.scheme !== 's3') return undefined
  const key = unescapedPath(url).replace(/^\/+/, '')
  return { bucket: url.host, key, partition: '' }
}

function byArn(arn: string): S3Object | undefined {
  const [, partition = '', service, region = '', account = '', ...rest] = arn.split(':')
  if (service !== 's3') return undefined
  const [bucket = '', ...steps] = rest.join(':').split('/')
  if (bucket !== 'accesspoint') return { bucket, key: steps.join('/'), partition }
  const [name = '', object, ...key] = steps
  if (object !== 'object') return undefined
  return { bucket: name, key: key.join('/'), partition, accessPoint: { region, account } }
}

/** The region to ask where a bucket is: one of the same partition. */
export function regionToAsk({ partition }: S3Object, here: string | undefined): string {
  const regions: Readonly<Record<string, string>> = {
    aws: 'us-east-1',
    'aws-cn': 'cn-north-1',
    'aws-us-gov': 'us-gov-west-1',
  }
  return regions[partition] ?? here ?? 'us-east-1'
}

/** Whose answer to HEAD has the bucket's region in `x-amz-bucket-region`. */
export function bucketUrl({ bucket }: S3Object, region: string): URL {
  return new URL(`https://s3.${region}.${suffix(region)}/${escaped(bucket)}`)
}

/** The object's address, by IPv4 or IPv6. A bucket with dots has no certificate for its own name. */
export function objectUrl(object: S3Object, region: string): URL {
  const { bucket, key, versionId, accessPoint } = object
  const path = key.split('/').map(escaped).join('/')
  const host = `s3${accessPoint ? '-accesspoint' : ''}.dualstack.${region}.${suffix(region)}`
  const place = accessPoint
    ? `${bucket}-${accessPoint.account}.${host}`
    : bucket.includes('.')
      ? `${host}/${escaped(bucket)}`
      : `${bucket}.${host}`
  const url = `https://${place}/${path}`
  if (!URL.canParse(url))
    throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', {
      source: `s3://${bucket}/${key}`,
      reason: 'this cannot be the name of a bucket',
    })
  return new URL(versionId === undefined ? url : `${url}?versionId=${escaped(versionId)}`)
}

function suffix(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}
