import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyFor } from './proxy.ts'

const proxies = { httpProxy: 'http://proxy:1/', httpsProxy: 'https://secure:2/' }

function proxied(url: string, ...noProxy: string[]): string | undefined {
  return proxyFor(new URL(url), { ...proxies, noProxy })?.host
}

test('chooses the proxy by the scheme of the URL', () => {
  assert.equal(proxied('http://a.example/'), 'proxy:1')
  assert.equal(proxied('https://a.example/'), 'secure:2')
  assert.equal(proxyFor(new URL('http://a.example/'), { httpProxy: '' }), undefined)
  assert.equal(proxyFor(new URL('http://a.example/'), { httpsProxy: 'https://x/' }), undefined)
})

test('reaches this machine without proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
    assert.equal(proxied(`http://${host}/`), undefined, host)
})

test('excepts what noProxy names', () => {
  const cases: [url: string, entry: string, isProxied: boolean][] = [
    ['http://any.example/', '*', false],
    ['http://a.example/', 'a.example', false],
    ['http://sub.a.example/', 'a.example', false],
    ['http://xa.example/', 'a.example', true],
    ['http://a.example/', '.a.example', true],
    ['http://sub.a.example/', '.a.example', false],
    ['http://sub.a.example/', '*.a.example', false],
    ['http://a.example/', '*.a.example', true],
    ['http://A.Example./', 'a.EXAMPLE', false],
    ['http://a.example/', 'a.example:80', false],
    ['http://a.example:81/', 'a.example:80', true],
    ['https://a.example/', 'a.example:443', false],
    ['http://10.1.2.3/', '10.0.0.0/8', false],
    ['http://11.1.2.3/', '10.0.0.0/8', true],
    ['http://10.1.2.3/', '10.1.2.3', false],
    ['http://10.1.2.3:8080/', '10.1.2.3:80', true],
    ['http://[fd00::1]/', 'fd00::/8', false],
    ['http://[fd00::1]/', '[fd00::1]:80', false],
    ['http://b.example/', 'a.example, b.example', false],
  ]
  for (const [url, entry, isProxied] of cases)
    assert.equal(proxied(url, entry) !== undefined, isProxied, `${url} with ${entry}`)
})
