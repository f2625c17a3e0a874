import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Service } from '../compose/service.ts'
import { testService } from '../compose/testing/service.ts'
import type { Container, ContainerState } from '../containers/container.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { DeclaredHolders } from './holders.ts'
import { isDeclared, keyOf } from './service-key.ts'

const service = (name: string, namespaces?: Service['namespaces']): Service => ({
  ...testService(name, name),
  ...(namespaces === undefined ? {} : { namespaces }),
})
const side = service('side', { network: 'service:web', pid: 'container:tool' })

function container(
  id: string,
  of: Service,
  state: Partial<ContainerState> = {},
  more: object = {},
): Container {
  const one = testContainer()
  return {
    ...one,
    id,
    name: of.containerName,
    origin: { kind: 'declared', file: '/shop.yaml', service: of, configHash: of.image, ...more },
    state: { ...one.state, status: 'running', bootId: 'this', ...state },
  }
}

const tool: Container = { ...testContainer(), id: 't', name: 'tool', origin: { kind: 'api' } }
const web = container('w', service('web'), { startedAt: '2026-01-01T00:00:00Z' })

/** Of a host with these containers, whose files want each as it is but those that are named. */
function holders(all: readonly Container[], changed: readonly string[] = []): DeclaredHolders {
  return new DeclaredHolders({
    all: () => all,
    containersOf: (key) =>
      all.filter(isDeclared).filter(({ origin }) => keyOf(origin.service) === key),
    desiredHash: (key) => (changed.includes(key) ? 'another' : key.replace('shop/', '')),
  })
}

describe('the containers that a service shares namespaces with', () => {
  it('are found by services and names, and missed while one is not there', () => {
    assert.deepEqual(holders([web, tool]).of(side), { 'service:web': 'w', 'container:tool': 't' })
    assert.equal(holders([web]).of(side), undefined)
    assert.equal(holders([tool]).of(side), undefined)
    assert.deepEqual(holders([]).of(service('alone')), {})
  })

  it('are not those that are about to be replaced, unless that has failed', () => {
    const refused = { configHash: 'another', reason: '', at: '' }
    assert.equal(holders([web, tool], ['shop/web']).of(side), undefined)
    const staying = container('w', service('web'), { refused })
    assert.equal(holders([staying, tool], ['shop/web']).of(side)?.['service:web'], 'w')
    const successor = container('n', service('web'), {}, { successor: 'on-trial' })
    assert.equal(holders([successor, web, tool]).of(side)?.['service:web'], 'w')
  })

  it('have been left when another one is in the place of one of them', () => {
    const sharing = { holders: { 'service:web': 'w', 'container:tool': 't' } }
    const one = container('s', side, {}, sharing)
    assert.ok(isDeclared(one))
    assert.ok(!holders([web, tool, one]).haveLeft(one, 'this'))
    assert.ok(!holders([tool, one]).haveLeft(one, 'this'))
    assert.ok(holders([{ ...web, id: 'n' }, tool, one]).haveLeft(one, 'this'))
    assert.ok(holders([web, { ...tool, id: 'n' }, one]).haveLeft(one, 'this'))
    const job = container('s', side, { status: 'exited', stopped: true }, sharing)
    assert.ok(isDeclared(job))
    assert.ok(!holders([{ ...web, id: 'n' }, tool, job]).haveLeft(job, 'this'))
    assert.ok(holders([{ ...web, id: 'n' }, tool, job]).haveLeft(job, 'the next'))
  })

  it('have other namespaces when they were started after it', () => {
    for (const [startedAt, expected] of [
      ['2026-01-01T00:00:01Z', false],
      ['2025-12-31T23:59:59Z', true],
    ] as const) {
      const sharing = { holders: { 'service:web': 'w' } }
      const one = container(
        's',
        service('side', { network: 'service:web' }),
        { startedAt },
        sharing,
      )
      assert.ok(isDeclared(one))
      assert.equal(holders([web, one]).haveStartedSince(one), expected)
      const ended: Container = { ...web, state: { ...web.state, status: 'exited' } }
      assert.equal(holders([ended, one]).haveStartedSince(one), false)
    }
  })
})
