import type { Service } from '../service.ts'

/** A healthy service of the host `host1` with these fields. */
export function testService(fields: Partial<Service> = {}): Service {
  return {
    id: 'host1:web:80',
    name: 'web',
    address: '192.0.2.7',
    port: 8080,
    protocol: 'tcp',
    tags: [],
    attributes: {},
    check: { interval: '10s' },
    health: 'passing',
    container: 'web',
    ...fields,
  }
}
