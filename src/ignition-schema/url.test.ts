import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUrl, queryValue } from './url.ts'

const right: [url: string, scheme: string][] = [
  ['', ''],
  ['a/b', ''],
  ['/a:b', ''],
  ['//host/path', ''],
  ['HTTP://Host', 'http'],
  ['http://user:pass%20word@host:80/path?query#fragment', 'http'],
  ['http://[::1]:80/', 'http'],
  ['http://[fe80::1%25eth0]/', 'http'],
  ['http://host:/', 'http'],
  ['http://é/ü', 'http'],
  ['http://h%C3%A9/', 'http'],
  ['http://host/a b', 'http'],
  ['http://host/?%zz', 'http'],
  ['http:///', 'http'],
  ['a+b-c.1:opaque%zz', 'a+b-c.1'],
]
for (const [url, scheme] of right)
  test(`"${url}" is a URL or a reference`, () => {
    assert.equal(parseUrl(url)?.scheme, scheme)
  })

for (const url of [
  ':',
  '1a:b',
  'a b:c',
  'http://host:port/',
  'http://[::1/',
  'http://[::1]x/',
  'http://ho st/',
  'http://host/%zz',
  'http://ho%41st/',
  'http://us er@host/',
  'http://host/#%zz',
  'http://host/\n',
  'http://a|b/',
])
  test(`${JSON.stringify(url)} is no URL`, () => {
    assert.equal(parseUrl(url), undefined)
  })

test('finds the first value of a key in a query', () => {
  assert.equal(queryValue('a=1&b=2&b=3', 'b'), '2')
  assert.equal(queryValue('b', 'b'), '')
  assert.equal(queryValue('%62=%C3%A9+x', 'b'), 'é x')
  assert.equal(queryValue('b=1;c=2&b=%zz&a=b', 'b'), undefined)
})
