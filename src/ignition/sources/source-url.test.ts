import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectHost, httpTarget, redirectTarget } from './http-target.ts'
import { sourceName, splitUrl, unescapedPath } from './source-url.ts'

test('splits URLs into what a protocol needs', () => {
  assert.deepEqual(splitUrl('tftp://10.0.0.1:6900/a/b.ign'), {
    scheme: 'tftp',
    host: '10.0.0.1',
    port: 6900,
    path: '/a/b.ign',
  })
  assert.deepEqual(splitUrl('S3://bucket/a%20b?versionId=1#x'), {
    scheme: 's3',
    host: 'bucket',
    path: '/a%20b',
    query: 'versionId=1',
  })
  const url = splitUrl('gs://bucket/a%20b')
  assert.equal(url && unescapedPath(url), '/a b')
  assert.deepEqual(splitUrl('http://us%20er:p:w@host'), {
    scheme: 'http',
    user: 'us er',
    password: 'p:w',
    host: 'host',
    path: '',
  })
  for (const none of ['mailto:a@b', 'http:/x', 'x', 'http://h:70000/', 'http://%zz/'])
    assert.equal(splitUrl(none), undefined, none)
})

test('reads the zone of a link-local address, and connects with it', () => {
  const target = httpTarget('http://[fe80::1%25eth0]:8080/a?b')
  assert.ok(target)
  assert.equal(connectHost(target), 'fe80::1%eth0')
  assert.equal(target.url.href, 'http://[fe80::1]:8080/a?b')
  const next = redirectTarget(target, '/c')
  assert.equal(next && connectHost(next), 'fe80::1%eth0')
  const other = redirectTarget(target, 'http://[fe80::2]/c')
  assert.equal(other && connectHost(other), 'fe80::2')
  assert.equal(redirectTarget(target, 'ftp://x/'), undefined)
})

test('tells sources without what may be secret', () => {
  assert.equal(
    sourceName('https://user:password@host/a?X-Amz-Signature=secret#x'),
    'https://host/a',
  )
  assert.equal(sourceName('data:,secret'), 'a data URL')
  assert.equal(sourceName('arn:aws:s3:::bucket/key?versionId=v'), 'arn:aws:s3:::bucket/key')
})
