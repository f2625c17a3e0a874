import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Service } from '../compose/service.ts'
import { type CurrentContainer, type DesiredService, steps } from './steps.ts'

const service: Service = {
  project: 'shop',
  name: 'web',
  containerName: 'shop-web-1',
  image: 'web:1',
  environment: {},
  ports: [],
  mounts: [],
  restart: { name: 'always', maximumRetryCount: 0 },
  labels: {},
  limits: {},
}
const desired: DesiredService = { service, configHash: 'new', file: '/shop.yaml' }
const running: CurrentContainer = {
  id: 'a',
  configHash: 'new',
  status: 'running',
  startedThisBoot: true,
  restartDue: false,
}
const exited: CurrentContainer = { ...running, status: 'exited' }
const old: CurrentContainer = { ...running, id: 'o', configHash: 'old' }

describe('the steps of a service', () => {
  for (const [what, containers, imagePresent, wanted, expected] of [
    ['nothing is done for what runs as declared', [running], true, desired, []],
    [
      'a new service is pulled and created',
      [],
      false,
      desired,
      ['pullImage web:1', 'createContainer'],
    ],
    ['an image that is here is not pulled', [], true, desired, ['createContainer']],
    [
      'a created container is started',
      [{ ...running, status: 'created' }],
      true,
      desired,
      ['startContainer a'],
    ],
    [
      'a changed service is replaced after its image is there',
      [old],
      false,
      desired,
      ['pullImage web:1', 'stopContainer o', 'removeContainer o', 'createContainer'],
    ],
    [
      'a stale container beside the right one goes',
      [old, running],
      true,
      desired,
      ['stopContainer o', 'removeContainer o'],
    ],
    [
      'what is no longer declared is stopped and removed',
      [running],
      true,
      undefined,
      ['stopContainer a', 'removeContainer a'],
    ],
    [
      'what ended and is no longer declared is removed',
      [exited],
      true,
      undefined,
      ['removeContainer a'],
    ],
    ['a container that ended stays until a restart is due', [exited], true, desired, []],
    [
      'a due restart is carried out',
      [{ ...exited, restartDue: true }],
      true,
      desired,
      ['restartContainer a'],
    ],
    [
      'a container of an earlier boot is started without asking for its image',
      [{ ...exited, startedThisBoot: false }],
      false,
      desired,
      ['startContainer a'],
    ],
  ] as const)
    it(what, () => {
      const planned = steps({ containers, imagePresent, waitsFor: [] }, wanted).map((step) => {
        if (step.kind === 'pullImage') return `pullImage ${step.reference}`
        if (step.kind === 'createContainer') return step.kind
        if (step.kind === 'startContainer' && step.restart) return `restartContainer ${step.id}`
        return `${step.kind} ${step.id}`
      })
      assert.deepEqual(planned, expected)
    })

  it('has a container made, but not started, before those that it depends on', () => {
    const waiting = (containers: readonly CurrentContainer[]) =>
      steps({ containers, imagePresent: true, waitsFor: ['db'] }, desired).map(({ kind }) => kind)
    assert.deepEqual(waiting([]), ['createContainer'])
    assert.deepEqual(waiting([{ ...running, status: 'created' }]), [])
    assert.deepEqual(waiting([{ ...exited, startedThisBoot: false }]), [])
    assert.deepEqual(waiting([{ ...exited, restartDue: true }]), ['startContainer'])
  })
})
