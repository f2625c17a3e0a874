import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fingerprint, type Registered, steps } from './steps.ts'
import { testService } from './testing/service.ts'

const known = (...services: ReturnType<typeof testService>[]) =>
  new Map<string, Registered>(
    services.map((service) => [
      service.id,
      { fingerprint: fingerprint(service), health: service.health },
    ]),
  )
const web = testService({ id: 'web' })

describe('the steps to what a backend should have', () => {
  it('are none when it has it', () => {
    assert.deepEqual(steps(known(web), [{ ...web, tags: [] }]), [])
  })

  it('take away what is gone before they bring what is new', () => {
    const api = testService({ id: 'api' })
    assert.deepEqual(steps(known(web), [api]), [
      { kind: 'deregister', id: 'web' },
      { kind: 'register', service: api },
    ])
  })

  it('register what has changed, and report what is otherwise well or not', () => {
    const moved = { ...web, port: 9 }
    const ill = { ...web, health: 'critical' } as const
    assert.deepEqual(steps(known(web), [moved]), [{ kind: 'register', service: moved }])
    assert.deepEqual(steps(known(web), [ill]), [{ kind: 'report', service: ill }])
  })

  it('report what nobody has reported since the supervisor began', () => {
    const found = new Map([['web', { fingerprint: fingerprint(web) }]])
    assert.deepEqual(steps(found, [web]), [{ kind: 'report', service: web }])
  })
})
