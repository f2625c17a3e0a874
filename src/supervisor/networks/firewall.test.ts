import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { firewallRules } from './firewall.ts'
import { defaultBridge, type Network } from './network.ts'

const network = (more: Partial<Network>): Network => ({
  ...defaultBridge,
  names: true,
  interfaceName: 'br-a',
  subnets: [
    { subnet: '172.18.0.0/16', gateway: '172.18.0.1' },
    { subnet: 'fd00:1::/64', gateway: 'fd00:1::1' },
  ],
  ...more,
})
const removal = 'add table inet slipway\ndelete table inet slipway\n'

describe('the rules of the host', () => {
  it('are none without networks that need any', () => {
    assert.equal(firewallRules([]), removal)
    assert.equal(firewallRules([defaultBridge]), removal)
  })

  it('let nobody ask a network for names but who is on it, by either family', () => {
    const text = firewallRules([defaultBridge, network({})])
    assert.ok(text.startsWith(`${removal}table inet slipway {\n  chain input {\n`))
    const lines = text.split('\n').map((line) => line.trim())
    assert.deepEqual(
      lines.filter((line) => line.startsWith('iifname')),
      [
        'iifname "lo" accept',
        'iifname != "br-a" ip daddr 172.18.0.1 meta l4proto { tcp, udp } th dport 53 drop',
        'iifname != "br-a" ip6 daddr fd00:1::1 meta l4proto { tcp, udp } th dport 53 drop',
      ],
    )
  })

  it('keep containers apart that are asked to be, but for what they publish', () => {
    const options = { 'com.docker.network.bridge.enable_icc': 'false' }
    const text = firewallRules([network({ options, names: false })])
    assert.match(
      text,
      /chain forward \{\n.*\n {4}iifname "br-a" oifname "br-a" ct status dnat accept\n {4}iifname "br-a" oifname "br-a" drop\n/,
    )
    assert.doesNotMatch(text, /chain input/)
  })
})
