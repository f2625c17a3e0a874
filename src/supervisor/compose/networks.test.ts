import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemText } from '../../checked-yaml/problem.ts'
import { configHash } from '../containers/identity.ts'
import { conflicts } from './directory.ts'
import { parseCompose } from './parse.ts'
import { specOfService } from './service.ts'

const parse = (text: string, file = '/c/shop.yaml') => parseCompose(text, file)
const project = (text: string, file?: string) => {
  const { project: read, problems } = parse(text, file)
  assert.deepEqual(problems.map(problemText), [])
  assert.ok(read)
  return read
}
const serviceOf = (text: string) => {
  const [service] = project(text).services
  assert.ok(service)
  return service
}
const plain = { internal: false, ipv6: false, labels: {}, subnets: [] }

describe('networks of a Compose file', () => {
  it('are named after the project, or as the file says; services are on them by their own name', () => {
    const { networks } = serviceOf(`
services:
  web:
    image: a
    networks:
      front:
      back: { aliases: [api, web, api], ipv4_address: 10.5.0.9, ipv6_address: "fd00::9", mac_address: 02-42-AC-11-00-09 }
      shared:
networks:
  front:
  back:
    name: store
    driver: bridge
    internal: true
    enable_ipv6: true
    labels: { a: b }
    ipam:
      driver: default
      config:
        - { subnet: 10.5.0.0/24, gateway: 10.5.0.254, ip_range: 10.5.0.128/25 }
        - { subnet: "fd00::/64" }
  shared: { external: true }
`)
    assert.deepEqual(networks, [
      { name: 'shop_front', definition: plain, aliases: ['web'] },
      {
        name: 'store',
        definition: {
          internal: true,
          ipv6: true,
          labels: { a: 'b' },
          subnets: [
            { subnet: '10.5.0.0/24', gateway: '10.5.0.254', ipRange: '10.5.0.128/25' },
            { subnet: 'fd00::/64' },
          ],
        },
        aliases: ['web', 'api'],
        ipv4: '10.5.0.9',
        ipv6: 'fd00::9',
        mac: '02:42:ac:11:00:09',
      },
      { name: 'shared', aliases: ['web'] },
    ])
  })

  it('are the default network where a service names none, which the file may describe', () => {
    const [usual] = serviceOf('services: {a: {image: b}}').networks ?? []
    assert.deepEqual(usual, { name: 'shop_default', definition: plain, aliases: ['a'] })
    const [described] =
      serviceOf('services: {a: {image: b, networks: []}}\nnetworks: {default: {internal: true}}')
        .networks ?? []
    assert.deepEqual(described?.definition, { ...plain, internal: true })
  })

  it('take the MAC address of a service on the first', () => {
    const networks = serviceOf(
      'services: {a: {image: b, mac_address: "02:42:ac:11:00:08", networks: [front, back]}}\nnetworks: {front: , back: }',
    ).networks?.map(({ name, mac }) => [name, mac])
    assert.deepEqual(networks, [
      ['shop_front', '02:42:ac:11:00:08'],
      ['shop_back', undefined],
    ])
  })

  it('are none with a network mode', () => {
    const service = serviceOf('services: {a: {image: b, network_mode: host}}')
    assert.equal(service.networks, undefined)
    assert.deepEqual(specOfService(service).namespaces, { network: 'host' })
    const usual = specOfService(serviceOf('services: {a: {image: b}}'))
    assert.deepEqual(usual.namespaces, { network: 'network:shop_default' })
    assert.ok(!('networks' in usual))
  })

  it('make another container when they change', () => {
    const [one, other] = ['{}', '{internal: true}'].map((text) =>
      configHash(serviceOf(`services: {a: {image: b}}\nnetworks: {default: ${text}}`)),
    )
    assert.notEqual(one, other)
  })

  for (const [what, text, expected] of [
    [
      'an unknown network',
      'services: {a: {image: b, networks: [x]}}',
      /1:\d+: services\.a\.networks\[0\]: no such network/,
    ],
    ['a network twice', 'services: {a: {image: b, networks: [default, default]}}', /named twice/],
    [
      'networks with a mode',
      'services: {a: {image: b, networks: [default], network_mode: none}}',
      /excludes networks/,
    ],
    ['an unknown mode', 'services: {a: {image: b, network_mode: "front"}}', /bridge, host, none/],
    [
      'a bad subnet',
      'services: {}\nnetworks: {n: {ipam: {config: [{subnet: 10.1.0.0}]}}}',
      /expected a subnet/,
    ],
    ['a bad address', 'services: {a: {image: b, networks: {default: {ipv4_address: x}}}}', /IPv4/],
    [
      'a MAC address of a group',
      'services: {a: {image: b, networks: {default: {mac_address: "03:42:ac:11:00:09"}}}}',
      /expected a MAC address such as/,
    ],
    [
      'two MAC addresses on one network',
      'services: {a: {image: b, mac_address: "02:42:ac:11:00:08", networks: {default: {mac_address: "02:42:ac:11:00:09"}}}}',
      /services\.a\.mac_address: its first network says 02:42:ac:11:00:09/,
    ],
    [
      'a MAC address with a mode',
      'services: {a: {image: b, mac_address: "02:42:ac:11:00:08", network_mode: host}}',
      /excludes mac_address/,
    ],
    [
      'one MAC address of several containers',
      'services: {a: {image: b, scale: 2, mac_address: "02:42:ac:11:00:08"}}',
      /2 containers cannot have one address/,
    ],
    [
      'a bad alias',
      'services: {a: {image: b, networks: {default: {aliases: [a/b]}}}}',
      /letters, digits/,
    ],
    ['another driver', 'services: {}\nnetworks: {n: {driver: overlay}}', /only the driver bridge/],
    ['an unknown key', 'services: {}\nnetworks: {n: {intrenal: true}}', /did you mean "internal"/],
    [
      'an external one with fields',
      'services: {}\nnetworks: {n: {external: true, internal: true}}',
      /as it was made/,
    ],
  ] as const)
    it(`refuse ${what}`, () => {
      assert.match(parse(text).problems.map(problemText).join('\n'), expected)
    })

  it('are declared by one file alone', () => {
    const text = 'services: {a: {image: b, networks: [n]}}\nnetworks: {n: {name: shared}}'
    const messages = conflicts(project(text, '/c/two.yaml'), [project(text, '/c/one.yaml')])
    assert.match(messages.map(problemText).join('\n'), /"shared" is declared by \/c\/one\.yaml/)
  })
})
