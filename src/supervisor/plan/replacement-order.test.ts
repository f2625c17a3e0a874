import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCompose } from '../compose/parse.ts'
import type { Service } from '../compose/service.ts'
import { replacementOrder } from './replacement-order.ts'

function read(more: string, rest = ''): Service {
  const text = `services: { web: { image: web, ${more} } }\n${rest}`
  const { project, problems } = parseCompose(text, '/shop.yaml')
  const [service] = project?.services ?? []
  assert.ok(service, JSON.stringify(problems))
  return service
}

const network = (subnet: string) =>
  `networks: { own: { ipam: { config: [{ subnet: "${subnet}" }] } } }\n`

describe('a container and the one that takes its place', () => {
  for (const [what, order, before, after] of [
    ['run together for a while', 'start-first', read(''), read('')],
    [
      'run together with different ports of the host',
      'start-first',
      read('ports: ["80:80"]'),
      read('ports: ["81:80"]'),
    ],
    [
      'have no port of the host in common',
      'stop-first',
      read('ports: ["80:80"]'),
      read('ports: ["127.0.0.1:80:81"]'),
    ],
    [
      'have no chosen address in common',
      'stop-first',
      read('networks: { own: { ipv4_address: 10.1.0.9 } }', network('10.1.0.0/24')),
      read('networks: { own: { ipv4_address: 10.1.0.9 } }', network('10.1.0.0/24')),
    ],
    [
      'have no chosen MAC address in common',
      'stop-first',
      read('mac_address: "02:42:ac:11:00:08"'),
      read('mac_address: "02:42:ac:11:00:08", tty: true'),
    ],
    [
      'are not both on the network of the host',
      'stop-first',
      read('network_mode: host'),
      read('network_mode: host'),
    ],
    [
      'do not both write to a volume',
      'stop-first',
      read('volumes: ["data:/a"]', 'volumes: { data: }'),
      read('volumes: ["data:/b"]', 'volumes: { data: }'),
    ],
    [
      'may both read a volume',
      'start-first',
      read('volumes: ["data:/a"]', 'volumes: { data: }'),
      read('volumes: ["data:/a:ro"]', 'volumes: { data: }'),
    ],
    [
      'may both write to a volume when the service says so',
      'start-first',
      read('volumes: ["data:/a"]', 'volumes: { data: }'),
      read(
        'deploy: { update_config: { order: start-first } }, volumes: ["data:/a"]',
        'volumes: { data: }',
      ),
    ],
    [
      'do not run together when the service says so',
      'stop-first',
      read(''),
      read('deploy: { update_config: { order: stop-first } }'),
    ],
    [
      'are not there together when their network is made anew',
      'remove-first',
      read('networks: [own]', network('10.1.0.0/24')),
      read('networks: [own]', network('10.2.0.0/24')),
    ],
  ] as const)
    it(what, () => assert.equal(replacementOrder(before, after), order))
})
