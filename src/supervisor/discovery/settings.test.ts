import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { parseSettings } from '../settings/settings.ts'

function problemsOf(text: string): string[] {
  try {
    parseSettings(text, 's.yaml')
  } catch (error) {
    if (isSlipwayError(error)) return String(error.details.problems).split('\n')
    throw error
  }
  return []
}

describe('the settings of discovery', () => {
  it('say which backend, and what is usual where they are silent', () => {
    const text = 'discovery: { kind: consul, address: "http://127.0.0.1:8500" }\n'
    assert.deepEqual(parseSettings(text, 's.yaml').discovery, {
      kind: 'consul',
      address: new URL('http://127.0.0.1:8500'),
      ttlMs: 30_000,
      domain: 'cluster.local',
      explicit: false,
    })
  })

  it('take all that there is for etcd', () => {
    const text = `discovery:
  kind: etcd
  address: https://etcd.example:2379
  certificateAuthority: /etc/ssl/etcd.pem
  certificate: /etc/ssl/host.pem
  key: /etc/ssl/host.key
  username: host1
  tokenFile: /etc/slipway/etcd-password
  ttl: 1m
  domain: shop.example
  host: host1
  advertise: 192.0.2.7
  explicit: true
`
    const { address, ...rest } = parseSettings(text, 's.yaml').discovery ?? {}
    assert.equal(address?.href, 'https://etcd.example:2379/')
    assert.deepEqual(rest, {
      kind: 'etcd',
      ttlMs: 60_000,
      domain: 'shop.example',
      explicit: true,
      certificateAuthority: '/etc/ssl/etcd.pem',
      certificate: '/etc/ssl/host.pem',
      key: '/etc/ssl/host.key',
      username: 'host1',
      secretFile: '/etc/slipway/etcd-password',
      host: 'host1',
      advertise: '192.0.2.7',
    })
  })

  it('are refused with every mistake at its place', () => {
    const text = `discovery:
  kind: zookeeper
  address: 127.0.0.1:2181
  ttl: 1s
  tokenFile: secret
  tokenCredential: etcd
  advertise: here
  domian: x
`
    assert.deepEqual(problemsOf(text), [
      's.yaml:2:9: discovery.kind: expected etcd or consul, found "zookeeper"',
      's.yaml:3:12: discovery.address: expected a URL such as http://127.0.0.1:2379, found "127.0.0.1:2181"',
      's.yaml:4:8: discovery.ttl: expected a time from 5s to 24h, found "1s"',
      's.yaml:5:14: discovery.tokenFile: expected an absolute path, found "secret"',
      's.yaml:6:3: discovery: tokenFile has it already',
      's.yaml:6:20: discovery.tokenCredential: the supervisor was given no credentials by its unit',
      's.yaml:7:14: discovery.advertise: expected an address, found "here"',
      's.yaml:8:3: discovery.domian: unknown key; did you mean "domain"?',
    ])
  })

  it('go together', () => {
    const alone = 'discovery: { kind: consul, address: "https://c:8501", key: /k.pem }\n'
    assert.deepEqual(problemsOf(alone), [
      's.yaml:1:1: discovery: certificate and key belong together',
    ])
    assert.deepEqual(problemsOf('discovery: { ttl: 30s }\n'), [
      's.yaml:1:1: discovery: expected a kind, which is etcd or consul, and its address',
    ])
    assert.deepEqual(
      problemsOf('discovery: { kind: etcd, address: "http://a:1", tokenFile: /t }\n'),
      ['s.yaml:1:1: discovery: etcd takes a username together with its password as token'],
    )
    assert.deepEqual(
      problemsOf('discovery: { kind: consul, address: "http://a:1", domain: x }\n'),
      ['s.yaml:1:51: discovery.domain: consul has no use for it'],
    )
  })
})
