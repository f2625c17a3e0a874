import type { Service } from '../../compose/service.ts'
import { type Container, neverStarted } from '../../containers/container.ts'

/** A container that was never started, of a service and an image with these fields. */
export function testContainer(
  service: Partial<Service> = {},
  config: Container['image']['config'] = {},
): Container {
  return {
    id: 'ab'.repeat(32),
    name: 'shop-web-1',
    createdAt: '2026-01-01T00:00:00.000Z',
    file: '/etc/slipway/compose/shop.yaml',
    configHash: 'hash',
    service: {
      project: 'shop',
      name: 'web',
      containerName: 'shop-web-1',
      image: 'web',
      environment: {},
      ports: [],
      mounts: [],
      restart: { name: 'no', maximumRetryCount: 0 },
      labels: {},
      limits: {},
      ...service,
    },
    image: { reference: 'web', manifestDigest: 'm', configDigest: 'c', config, layers: ['/layer'] },
    network: { ipAddress: '172.17.0.2' },
    state: neverStarted,
  }
}
