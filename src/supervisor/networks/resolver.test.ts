import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkRecord, newEndpoints } from './endpoint.ts'
import { defaultBridge, type Network } from './network.ts'
import { redirectionRules, resolverOf } from './resolver.ts'

const six = { subnet: 'fd00:1::/64', gateway: 'fd00:1::1' }
const network = (id: string, more: Partial<Network>): Network => ({
  ...defaultBridge,
  id,
  name: id,
  names: true,
  ...more,
})

describe('what a container asks 127.0.0.11', () => {
  it('is answered by the first of its networks that has names and IPv4', () => {
    const networks = new Map(
      [
        defaultBridge,
        network('six', { subnets: [six] }),
        network('both', { subnets: [{ subnet: '10.1.0.0/24', gateway: '10.1.0.1' }, six] }),
      ].map((one) => [one.id, one]),
    )
    const on = (...ids: string[]) => {
      const requests = ids.flatMap((id) => {
        const found = networks.get(id)
        return found === undefined ? [] : [{ network: found, aliases: [], chosen: {} }]
      })
      return resolverOf({ network: networkRecord(newEndpoints(requests, [], [])) }, networks)
    }
    assert.equal(on(defaultBridge.id, 'six', 'both'), '10.1.0.1')
    assert.equal(on(defaultBridge.id), undefined)
    assert.equal(on('six'), undefined)
  })

  it('goes nowhere when it has no such network any more, and its loopback stays closed', () => {
    assert.match(redirectionRules('10.1.0.1'), /dnat to 10\.1\.0\.1/)
    const without = redirectionRules(undefined)
    assert.doesNotMatch(without, /dnat/)
    assert.match(without, /iifname != "lo" ip daddr 127\.0\.0\.0\/8 drop/)
  })
})
