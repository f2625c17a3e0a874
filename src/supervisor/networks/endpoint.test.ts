import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testContainer } from '../runtime/testing/container.ts'
import { endpointsOf, namesOf, networkRecord, newEndpoints } from './endpoint.ts'
import { defaultBridge, type Network } from './network.ts'

const network = (name: string, more: Partial<Network> = {}): Network => ({
  ...defaultBridge,
  id: name.repeat(64).slice(0, 64),
  name,
  subnets: [{ subnet: '10.1.0.0/29', gateway: '10.1.0.1' }],
  names: true,
  ...more,
})
const request = (on: Network, chosen = {}) => ({ network: on, aliases: [], chosen })

describe('the places of containers on networks', () => {
  it('of an earlier release, which knew the default bridge alone, are as they were', () => {
    const [endpoint, ...more] = endpointsOf(testContainer())
    assert.deepEqual(more, [])
    assert.equal(endpoint?.networkId, defaultBridge.id)
    assert.equal(endpoint?.interfaceName, 'eth0')
    assert.equal(endpoint?.ipAddress, '172.17.0.2')
    assert.equal(endpoint?.macAddress, '02:42:ac:11:00:02')
    assert.deepEqual(endpointsOf({ network: { ipAddress: '' } }), [])
  })

  it('have addresses that nobody else has there, until there are none', () => {
    const a = network('a')
    const containers: { network: ReturnType<typeof networkRecord> }[] = []
    for (const address of ['10.1.0.2', '10.1.0.3', '10.1.0.4', '10.1.0.5', '10.1.0.6']) {
      const endpoints = newEndpoints([request(a)], [], containers)
      assert.equal(endpoints[0]?.ipAddress, address)
      containers.push({ network: networkRecord(endpoints) })
    }
    assert.throws(() => newEndpoints([request(a)], [], containers), /10\.1\.0\.0\/29/)
    assert.equal(newEndpoints([request(network('b'))], [], containers)[0]?.ipAddress, '10.1.0.2')
  })

  it('are interfaces in order; ports lead to the first network that leads outside', () => {
    const inside = network('a', { internal: true })
    const endpoints = newEndpoints(
      [inside, network('b'), network('c')].map((on) => request(on)),
      [],
      [],
    )
    assert.deepEqual(
      endpoints.map(({ interfaceName, publishes }) => [interfaceName, publishes]),
      [
        ['eth0', false],
        ['eth1', true],
        ['eth2', false],
      ],
    )
    const [first, , third] = endpoints
    assert.ok(first && third)
    const [, , again] = newEndpoints([request(network('d'))], [first, third], [])
    assert.deepEqual([again?.interfaceName, again?.publishes], ['eth1', true])
  })

  it('are as chosen, in the subnets alone', () => {
    const both = network('a', {
      subnets: [
        { subnet: '10.1.0.0/24', gateway: '10.1.0.1', ipRange: '10.1.0.128/25' },
        { subnet: 'fd00::/64', gateway: 'fd00::1' },
      ],
    })
    const [own] = newEndpoints(
      [request(both, { ipv4: '10.1.0.9', mac: '02:00:00:00:00:01' })],
      [],
      [],
    )
    assert.deepEqual(
      [own?.ipAddress, own?.ipv6Address, own?.macAddress],
      ['10.1.0.9', 'fd00::2', '02:00:00:00:00:01'],
    )
    assert.equal(newEndpoints([request(both)], [], [])[0]?.ipAddress, '10.1.0.128')
    for (const ipv4 of ['10.2.0.9', '10.1.0.1', '10.1.0.0', '10.1.0.255'])
      assert.throws(
        () => newEndpoints([request(both, { ipv4 })], [], []),
        /no configured subnet or ip-range contain/,
      )
  })

  it('have each name of the container once', () => {
    const container = testContainer({ hostname: 'web' })
    const [endpoint] = newEndpoints([{ ...request(network('a')), aliases: ['web', 'www'] }], [], [])
    assert.ok(endpoint)
    assert.deepEqual(namesOf(container, endpoint), ['shop-web-1', 'web', 'www', 'abababababab'])
  })
})
