import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressOf, defaultLink } from './host-address.ts'

const info = (address: string, internal = false) => ({
  address,
  internal,
  family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
  netmask: '',
  mac: '',
  cidr: null,
  ...(address.includes(':') ? { scopeid: 0 } : {}),
})

describe('the address of a host', () => {
  const links = {
    lo: [info('127.0.0.1', true)],
    'br-1': [info('172.18.0.1')],
    eth0: [info('fe80::1'), info('2001:db8::7')],
    eth1: [info('2001:db8::9'), info('192.0.2.9')],
  } as Parameters<typeof addressOf>[0]

  it('is that of the link to its router, IPv4 first', () => {
    assert.equal(addressOf(links, 'eth1', ['br-1']), '192.0.2.9')
    assert.equal(addressOf(links, 'eth0', ['br-1']), '2001:db8::7')
  })

  it('is that of any link without a router, but of no bridge, and its own as the last resort', () => {
    assert.equal(addressOf(links, undefined, ['br-1']), '2001:db8::7')
    assert.equal(
      addressOf({ lo: links.lo, 'br-1': links['br-1'] }, undefined, ['br-1']),
      '127.0.0.1',
    )
  })

  it('is found by the default route that is preferred', () => {
    const routes = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
      'eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'eth1\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    ].join('\n')
    assert.equal(defaultLink(routes), 'eth0')
    assert.equal(defaultLink('Iface\n'), undefined)
  })
})
