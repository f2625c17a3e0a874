import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testService } from '../testing/service.ts'
import { rangeEnd, recordKey, recordPrefix, serviceKey, serviceValue } from './keys.ts'

describe('the keys of services in etcd', () => {
  it('are names from their last label on, each service below its name', () => {
    assert.match(
      serviceKey(testService({ name: 'api.shop' }), 'cluster.local'),
      /^\/skydns\/local\/cluster\/shop\/api\/host1-web-80-[0-9a-f]{8}$/,
    )
  })

  it('are labels of DNS whatever a container says, and two of two services', () => {
    const key = (id: string, name: string) => serviceKey({ id, name }, 'local')
    for (const label of key('a:/../b'.repeat(30), 'A/../B').split('/').slice(2))
      assert.match(label, /^[a-z0-9_-]{1,63}$/)
    assert.notEqual(key('a:b', 'x'), key('a-b', 'x'))
  })

  it('hold what CoreDNS reads', () => {
    const service = testService({
      attributes: { priority: '5', weight: 'heavy', text: 'words', region: 'north' },
    })
    const { host, port, ttl, priority, weight, text } = JSON.parse(serviceValue(service, 30))
    assert.deepEqual(
      [host, port, ttl, priority, weight, text],
      ['192.0.2.7', 8080, 30, 5, undefined, 'words'],
    )
  })

  it('are known by a record below the name of the host alone', () => {
    assert.equal(recordKey('host1', 'a/b:80'), '/slipway/discovery/host1/a%2Fb%3A80')
    const end = rangeEnd(recordPrefix('host1')).toString()
    assert.ok(recordKey('host1', 'zzz') < end)
    assert.ok(recordKey('host10', 'a') > end)
  })
})
