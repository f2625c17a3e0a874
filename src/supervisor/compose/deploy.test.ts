import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configHash } from '../containers/identity.ts'
import { parseCompose } from './parse.ts'
import type { Service } from './service.ts'

function read(services: string): readonly Service[] {
  const { project, problems } = parseCompose(`services: ${services}`, '/shop.yaml')
  assert.ok(project, JSON.stringify(problems))
  return project.services
}

describe('the deployment of a service', () => {
  it('may have several containers, each with its number and its port of the host', () => {
    for (const several of ['scale: 3', 'deploy: { replicas: 3 }']) {
      const services = read(
        `{ web: { image: web, ${several}, ports: ["127.0.0.1:8080-8082:80"] } }`,
      )
      assert.deepEqual(
        services.map(({ containerName, number, ports }) => [
          containerName,
          number,
          ports.map(({ hostPort }) => hostPort),
        ]),
        [
          ['shop-web-1', undefined, [8080]],
          ['shop-web-2', 2, [8081]],
          ['shop-web-3', 3, [8082]],
        ],
      )
    }
    assert.deepEqual(read('{ web: { image: web, scale: 0 } }'), [])
  })

  it('says how a container is replaced, which is no reason to replace it', () => {
    const [plain] = read('{ web: { image: web } }')
    const [told] = read(
      '{ web: { image: web, deploy: { update_config: { order: start-first, monitor: 2s, failure_action: rollback } } } }',
    )
    assert.ok(plain && told)
    assert.deepEqual([told.updateOrder, told.updateMonitorMs], ['start-first', 2_000])
    assert.equal(configHash(told), configHash(plain))
  })

  it('has a restart policy, over which the service’s own wins', () => {
    const policy = 'deploy: { restart_policy: { condition: on-failure, max_attempts: 4 } }'
    const [deployed] = read(`{ web: { image: web, ${policy} } }`)
    assert.deepEqual(deployed?.restart, { name: 'on-failure', maximumRetryCount: 4 })
    const [own] = read(`{ web: { image: web, restart: always, ${policy} } }`)
    assert.equal(own?.restart.name, 'always')
  })

  it('may be restarted with what it depends on, and has keys of other programs left alone', () => {
    const [, web] = read(
      '{ db: { image: db }, web: { image: web, x-note: a, depends_on: { db: { condition: service_started, restart: true } } } }',
    )
    assert.deepEqual([web?.dependsOn, web?.restartWith], [['db'], ['db']])
  })
})
