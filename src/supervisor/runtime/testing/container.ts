import { type Container, neverStarted } from '../../containers/container.ts'
import type { ContainerSpec } from '../../containers/spec.ts'

/** A container that was never started, of a specification and an image with these fields. */
export function testContainer(
  spec: Partial<ContainerSpec> = {},
  config: Container['image']['config'] = {},
): Container {
  return {
    id: 'ab'.repeat(32),
    name: 'shop-web-1',
    createdAt: '2026-01-01T00:00:00.000Z',
    origin: { kind: 'api' },
    spec: {
      image: 'web',
      environment: [],
      ports: [],
      mounts: [],
      restart: { name: 'no', maximumRetryCount: 0 },
      labels: {},
      limits: {},
      ...spec,
    },
    image: { reference: 'web', manifestDigest: 'm', configDigest: 'c', config, layers: ['/layer'] },
    network: { ipAddress: '172.17.0.2' },
    state: neverStarted,
  }
}
