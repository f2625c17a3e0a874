import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Service } from '../compose/service.ts'
import { testService } from '../compose/testing/service.ts'
import { type CurrentContainer, type DesiredService, type Step, steps } from './steps.ts'

const service = testService('web', 'web:1')
const published: Service = {
  ...service,
  ports: [{ hostIp: '0.0.0.0', hostPort: 80, containerPort: 80, protocol: 'tcp' }],
}
const desired: DesiredService = { service, configHash: 'new', file: '/shop.yaml' }
const publishing: DesiredService = { ...desired, service: published }
const running: CurrentContainer = {
  id: 'a',
  configHash: 'new',
  service,
  status: 'running',
  startedThisBoot: true,
  restartDue: false,
  outdated: false,
  stray: false,
  image: 'image',
  otherImage: false,
  setAside: false,
  trial: { verdict: 'good' },
}
const exited: CurrentContainer = { ...running, status: 'exited' }
const old: CurrentContainer = { ...running, id: 'o', configHash: 'old' }
const oldPublishing: CurrentContainer = { ...old, service: published }
const aside: CurrentContainer = { ...oldPublishing, status: 'exited', setAside: true }
const successor: CurrentContainer = { ...running, id: 's', successor: 'on-trial' }
const untried: CurrentContainer = {
  ...successor,
  status: 'created',
  startedThisBoot: false,
  trial: { verdict: 'untried' },
}
const pending: CurrentContainer = { ...successor, trial: { verdict: 'pending' } }
const proven: CurrentContainer = { ...successor, successor: 'proven' }
const bad: CurrentContainer = { ...successor, trial: { verdict: 'bad', reason: 'ill' } }
const succeeds = ['handOver s', 'stopContainer o', 'removeContainer o', 'takeName s']

describe('the steps of a service', () => {
  for (const [what, containers, imagePresent, wanted, expected] of [
    ['nothing is done for what runs as declared', [running], true, desired, []],
    [
      'a new service is pulled, created and started',
      [],
      false,
      desired,
      ['pullImage web:1', 'createContainer', 'startContainer new'],
    ],
    [
      'an image that is here is not pulled',
      [],
      true,
      desired,
      ['createContainer', 'startContainer new'],
    ],
    [
      'a created container is started',
      [{ ...running, status: 'created' }],
      true,
      desired,
      ['startContainer a'],
    ],
    [
      'a changed service gets a successor beside it, once its image is there',
      [old],
      false,
      desired,
      [
        'pullImage web:1',
        'createSuccessor',
        'tryContainer new',
        'awaitContainer new',
        'handOver new',
        'stopContainer o',
        'removeContainer o',
        'takeName new',
      ],
    ],
    [
      'a successor that cannot run beside the old one has it set aside just before',
      [oldPublishing],
      true,
      publishing,
      [
        'createSuccessor',
        'setAside o',
        'tryContainer new',
        'awaitContainer new',
        'handOver new',
        'removeContainer o',
        'takeName new',
      ],
    ],
    [
      'the old one is set aside once its successor is made',
      [oldPublishing, untried],
      true,
      publishing,
      [
        ...['setAside o', 'tryContainer s', 'awaitContainer s', 'handOver s'],
        ...['removeContainer o', 'takeName s'],
      ],
    ],
    [
      'a successor that was made is tried though the old one is set aside already',
      [aside, untried],
      true,
      publishing,
      ['tryContainer s', 'awaitContainer s', 'handOver s', 'removeContainer o', 'takeName s'],
    ],
    ['a successor is waited for', [old, pending], true, desired, ['awaitContainer s', ...succeeds]],
    [
      'the old one is started again as its policy says while its successor is waited for',
      [{ ...old, status: 'exited', restartDue: true }, pending],
      true,
      desired,
      [
        'restartContainer o',
        ...['awaitContainer s', 'handOver s', 'removeContainer o', 'takeName s'],
      ],
    ],
    ['a successor that is well gets the names first', [old, successor], true, desired, succeeds],
    [
      'a successor that has the names stays the one, whatever becomes of it',
      [old, { ...proven, trial: bad.trial }],
      true,
      desired,
      succeeds.slice(1),
    ],
    ['a successor whose old one is gone takes its name', [proven], true, desired, ['takeName s']],
    [
      'a successor that fails goes, and the old one stays',
      [old, bad],
      true,
      desired,
      ['refuseSuccessor o', 'stopContainer s', 'removeContainer s'],
    ],
    [
      'a successor that fails goes, and the old one comes back',
      [aside, { ...bad, status: 'exited' }],
      true,
      publishing,
      ['refuseSuccessor o', 'removeContainer s', 'startContainer o'],
    ],
    [
      'what was refused goes after an interruption too',
      [{ ...aside, refused: 'new' }, bad],
      true,
      publishing,
      ['stopContainer s', 'removeContainer s', 'startContainer o'],
    ],
    ['what was refused is not tried again', [{ ...old, refused: 'new' }], false, desired, []],
    [
      'what was refused before is no reason against another declaration',
      [{ ...old, refused: 'other' }],
      true,
      desired,
      [
        ...['createSuccessor', 'tryContainer new', 'awaitContainer new', 'handOver new'],
        ...['stopContainer o', 'removeContainer o', 'takeName new'],
      ],
    ],
    [
      'a successor of a third declaration goes first',
      [old, { ...pending, configHash: 'third', id: 't' }],
      true,
      desired,
      [
        ...['stopContainer t', 'removeContainer t', 'createSuccessor', 'tryContainer new'],
        ...['awaitContainer new', 'handOver new'],
        ...['stopContainer o', 'removeContainer o', 'takeName new'],
      ],
    ],
    [
      'the old one comes back when it is declared again',
      [
        { ...aside, configHash: 'new' },
        { ...pending, configHash: 'old' },
      ],
      true,
      publishing,
      ['stopContainer s', 'removeContainer s', 'startContainer o'],
    ],
    [
      'what does not run is replaced without ado',
      [{ ...old, status: 'exited' }],
      false,
      desired,
      ['pullImage web:1', 'removeContainer o', 'createContainer', 'startContainer new'],
    ],
    [
      'the old one runs after a reboot until the new image is there',
      [{ ...old, status: 'exited', startedThisBoot: false }],
      false,
      desired,
      [
        ...['startContainer o', 'pullImage web:1', 'createSuccessor', 'tryContainer new'],
        ...['awaitContainer new', 'handOver new', 'removeContainer o', 'takeName new'],
      ],
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
      'what is to be restarted with a dependency that was replaced is restarted',
      [{ ...running, outdated: true }],
      true,
      desired,
      ['restartContainer a'],
    ],
    [
      'a service that never asks a registry needs its image to be here',
      [],
      false,
      { ...desired, service: { ...service, pullPolicy: 'never' } },
      ['requireImage web:1', 'createContainer', 'startContainer new'],
    ],
    [
      'a container whose image has another meaning now is replaced as one of a changed service',
      [{ ...running, id: 'o', otherImage: true }],
      true,
      desired,
      [
        ...['createSuccessor', 'tryContainer new', 'awaitContainer new', 'handOver new'],
        ...['stopContainer o', 'removeContainer o', 'takeName new'],
      ],
    ],
    [
      'an image that failed is not tried again though its name has still that meaning',
      [{ ...running, id: 'o', otherImage: true, refused: 'new' }],
      true,
      desired,
      [],
    ],
    [
      'what shares a namespace with a container that is gone is made anew',
      [{ ...running, stray: true }],
      true,
      desired,
      ['stopContainer a', 'removeContainer a', 'createContainer', 'startContainer new'],
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
      const planned = steps(
        { containers, imagePresent, waitsFor: [], lacksHolder: false },
        wanted,
      ).map(words)
      assert.deepEqual(planned, expected)
    })

  it('has a container made, but not started, before those that it depends on', () => {
    const waiting = (containers: readonly CurrentContainer[]) =>
      steps({ containers, imagePresent: true, waitsFor: ['db'], lacksHolder: false }, desired).map(
        ({ kind }) => kind,
      )
    assert.deepEqual(waiting([]), ['createContainer'])
    assert.deepEqual(waiting([{ ...running, status: 'created' }]), [])
    assert.deepEqual(waiting([{ ...exited, startedThisBoot: false }]), [])
    assert.deepEqual(waiting([{ ...exited, restartDue: true }]), ['startContainer'])
    assert.deepEqual(waiting([old, untried]), [])
  })

  it('has a container made when the one is there that it shares a namespace with', () => {
    const lacking = (containers: readonly CurrentContainer[]) =>
      steps({ containers, imagePresent: false, waitsFor: [], lacksHolder: true }, desired).map(
        words,
      )
    assert.deepEqual(lacking([]), ['pullImage web:1'])
    assert.deepEqual(lacking([old]), [])
    assert.deepEqual(lacking([running]), [])
  })
})

function words(step: Step): string {
  switch (step.kind) {
    case 'pullImage':
    case 'requireImage':
      return `${step.kind} ${step.reference}`
    case 'createContainer':
      return step.successor ? 'createSuccessor' : step.kind
    case 'startContainer':
      if (step.onTrial === true) return `tryContainer ${step.id}`
      return `${step.restart ? 'restartContainer' : step.kind} ${step.id}`
    case 'stopContainer':
      return `${step.aside ? 'setAside' : step.kind} ${step.id}`
    default:
      return `${step.kind} ${step.id}`
  }
}
