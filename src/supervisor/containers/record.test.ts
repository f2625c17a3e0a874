import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Service } from '../compose/service.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { containerOf, recordOf } from './record.ts'

const service: Service = {
  project: 'shop',
  name: 'web',
  containerName: 'shop-web-1',
  image: 'web',
  command: ['serve'],
  environment: { A: 'b' },
  ports: [],
  mounts: [],
  restart: { name: 'always', maximumRetryCount: 0 },
  stopGracePeriodMs: 500,
  labels: {},
  limits: {},
}

describe('the record of a container', () => {
  it('of one that is declared has the form that earlier releases write and read', () => {
    const { origin: _origin, spec: _spec, ...common } = testContainer()
    const earlier = { ...common, file: '/shop.yaml', service, configHash: 'hash' }
    const container = containerOf(structuredClone(earlier))
    assert.deepEqual(container.origin, {
      kind: 'declared',
      file: '/shop.yaml',
      service,
      configHash: 'hash',
    })
    assert.deepEqual(container.spec, {
      image: 'web',
      command: ['serve'],
      environment: ['A=b'],
      ports: [],
      mounts: [],
      restart: { name: 'always', maximumRetryCount: 0 },
      stopGraceMs: 500,
      labels: {},
      limits: {},
    })
    assert.deepEqual(recordOf(container), earlier)
    const successor = {
      ...container,
      origin: { ...container.origin, successor: 'proven' as const },
    }
    assert.deepEqual(containerOf(structuredClone(recordOf(successor))), successor)
  })

  it('of one that a client made has all that it was made from', () => {
    const container = testContainer({ user: 'web', terminal: true })
    const record: unknown = JSON.parse(JSON.stringify(recordOf(container)))
    assert.deepEqual(record, JSON.parse(JSON.stringify(container)))
  })
})
