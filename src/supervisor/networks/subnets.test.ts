import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { addressText, type Cidr, cidrText, parseAddress, parseCidr } from './cidr.ts'
import { chosenSubnet, freeIpv6Subnet, freeSubnet, parseRoutes, subnetsOf } from './subnets.ts'

function block(text: string): Cidr {
  const parsed = parseCidr(text)
  assert.ok(parsed, text)
  return parsed
}

describe('a block of addresses', () => {
  for (const [text, canonical] of [
    ['10.1.2.3/16', '10.1.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['FD00:0:0:1::5/64', 'fd00:0:0:1::/64'],
    ['::ffff:1.2.3.4/128', '::ffff:102:304/128'],
    ['::/0', '::/0'],
  ] as const)
    it(`${text} is ${canonical}`, () => assert.equal(cidrText(block(text)), canonical))

  for (const text of ['', '10.1.0.0', '10.1.0.0/33', '10.1/16', 'fd00::/129', '10.0.0.0/-1', 'a/8'])
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseCidr(text), undefined))

  it('has addresses that are written as they are read', () => {
    for (const text of [
      '1.2.3.4',
      '::',
      '::1',
      'fd00::1:0:0:1',
      '1::',
      '2001:db8::8:800:200c:417a',
    ]) {
      const address = parseAddress(text)
      assert.ok(address)
      assert.equal(addressText(address), text)
    }
  })
})

describe('a free subnet', () => {
  it('overlaps with no network and with no route of the host', () => {
    const used = ['172.17.0.0/16', '172.18.5.0/24', '172.16.0.0/14'].map(block)
    assert.deepEqual(freeSubnet(used), {
      subnet: '172.20.0.0/16',
      gateway: '172.20.0.1',
      gatewayChosen: true,
    })
  })

  it('is a smaller one when the large ones are used up, and then there is none', () => {
    assert.equal(freeSubnet([block('172.16.0.0/12')]).subnet, '192.168.0.0/20')
    const all = ['172.16.0.0/12', '192.168.0.0/16'].map(block)
    assert.throws(
      () => freeSubnet(all),
      (error) => isSlipwayError(error, 'SLIPWAY_ENGINE_NO_FREE_SUBNET'),
    )
  })
})

describe('a free subnet of IPv6', () => {
  it('is a unique local one, at random, that no other network has', () => {
    const bytes = ['0102030405', 'aabbccddee']
    const random = () => Buffer.from(bytes.shift() ?? '', 'hex')
    assert.deepEqual(freeIpv6Subnet([block('fd01:203:405::/56')], random), {
      subnet: 'fdaa:bbcc:ddee::/64',
      gateway: 'fdaa:bbcc:ddee::1',
      gatewayChosen: true,
    })
  })
})

describe('a chosen subnet', () => {
  it('has the first address as its gateway unless another is chosen', () => {
    assert.deepEqual(chosenSubnet({ subnet: '10.5.0.0/16' }, []), {
      subnet: '10.5.0.0/16',
      gateway: '10.5.0.1',
    })
    assert.deepEqual(
      chosenSubnet(
        { subnet: 'fd00:1::/64', gateway: 'fd00:1::ff', ipRange: 'fd00:1::1:0/112' },
        [],
      ),
      {
        subnet: 'fd00:1::/64',
        gateway: 'fd00:1::ff',
        gatewayChosen: true,
        ipRange: 'fd00:1::1:0/112',
      },
    )
  })

  for (const [what, request, words] of [
    ['that is none', { subnet: 'x' }, /invalid CIDR/],
    ['with bits of a host', { subnet: '10.5.0.1/16' }, /10\.5\.0\.0\/16/],
    ['without room', { subnet: '10.5.0.0/31' }, /no room/],
    ['that overlaps', { subnet: '10.0.0.0/8' }, /overlaps/],
    ['with a gateway elsewhere', { subnet: '10.5.0.0/16', gateway: '10.6.0.1' }, /gateway/],
    ['with a range elsewhere', { subnet: '10.5.0.0/16', ipRange: '10.6.0.0/24' }, /ip-range/],
    ['with a range that is wider', { subnet: '10.5.0.0/16', ipRange: '10.0.0.0/8' }, /ip-range/],
  ] as const)
    it(`${what} is refused`, () =>
      assert.throws(() => chosenSubnet(request, [block('10.9.0.0/16')]), words))
})

describe('the subnets of a network', () => {
  const of = (subnets: string[], ipv6: boolean) =>
    subnetsOf({ subnets: subnets.map((subnet) => ({ subnet })), ipv6 }, []).map(
      ({ subnet }) => subnet,
    )

  it('are those of IPv4 first, in whatever order they were asked for', () => {
    assert.deepEqual(of(['fd00:1::/64', '10.5.0.0/16'], true), ['10.5.0.0/16', 'fd00:1::/64'])
  })

  it('are free ones of a family that nobody has chosen', () => {
    assert.deepEqual(of([], false), ['172.17.0.0/16'])
    assert.deepEqual(of(['fd00:1::/64'], true), ['172.17.0.0/16', 'fd00:1::/64'])
    const [four, six = '', ...more] = of(['10.5.0.0/16'], true)
    assert.deepEqual([four, more], ['10.5.0.0/16', []])
    assert.match(six, /^fd[0-9a-f:]+::\/64$/)
  })
})

it('routes of the host are those of /proc/net/route but the default', () => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'br-1\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    '',
  ].join('\n')
  assert.deepEqual(parseRoutes(text).map(cidrText), ['192.168.2.0/24', '172.19.0.0/16'])
})
