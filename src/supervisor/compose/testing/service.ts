import type { Service } from '../service.ts'

/** A service of the project shop that says no more than it must. */
export function testService(name: string, image: string): Service {
  return {
    project: 'shop',
    name,
    containerName: `shop-${name}-1`,
    image,
    environment: {},
    ports: [],
    mounts: [],
    restart: { name: 'always', maximumRetryCount: 0 },
    labels: {},
    limits: {},
  }
}
