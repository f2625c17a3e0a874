import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signatureHeaders } from './signature-v4.ts'

const suite = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}

function suiteSignature(target: string, sessionToken?: string): string | undefined {
  const request = {
    method: 'GET',
    url: new URL(`https://example.amazonaws.com${target}`),
    region: 'us-east-1',
    service: 'service',
    time: new Date('2015-08-30T12:36:00Z'),
  }
  const credentials = sessionToken === undefined ? suite : { ...suite, sessionToken }
  return signatureHeaders(request, credentials).authorization
}

test('signs as the published test suite of signature version 4', () => {
  assert.equal(
    suiteSignature('/'),
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  )
  // get-vanilla-query-order-key-case
  assert.match(
    suiteSignature('/?Param2=value2&Param1=value1') ?? '',
    /b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500$/,
  )
})

test('signs as the example of the S3 documentation', () => {
  const headers = signatureHeaders(
    {
      method: 'GET',
      url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
      headers: { range: 'bytes=0-9' },
      region: 'us-east-1',
      service: 's3',
      time: new Date('2013-05-24T00:00:00Z'),
    },
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
  )
  assert.equal(
    headers.authorization,
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  )
})

test('signs the token of a session', () => {
  const authorization = suiteSignature('/', 'token') ?? ''
  assert.match(authorization, /SignedHeaders=host;x-amz-date;x-amz-security-token,/)
})
