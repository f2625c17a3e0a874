import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Service } from '../compose/service.ts'
import { type Container, neverStarted } from '../containers/container.ts'
import { containerPaths, hostDirectories } from '../directories.ts'
import { commandOf, runtimeSpec } from './spec.ts'

const id = 'ab'.repeat(32)

function container(
  service: Partial<Service> = {},
  config: Container['image']['config'] = {},
): Container {
  return {
    id,
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

const specOf = (one: Container, uid = 0, controllers = ['cpu', 'memory', 'pids']) =>
  runtimeSpec(one, {
    paths: containerPaths(hostDirectories, id),
    user: { uid, gid: uid, additionalGids: [], home: '/home' },
    cgroupsPath: '/scope/container',
    controllers: new Set(controllers),
    volumePaths: new Map([['shop_data', '/var/lib/slipway/volumes/shop_data/_data']]),
  })

describe('the command of a container', () => {
  const image = { Entrypoint: ['/entry'], Cmd: ['default'] }
  for (const [what, service, expected] of [
    ['is the image’s', {}, ['/entry', 'default']],
    ['takes its own arguments', { command: ['own'] }, ['/entry', 'own']],
    ['drops the image’s arguments with its entry point', { entrypoint: ['/other'] }, ['/other']],
    ['takes both of its own', { entrypoint: ['/other'], command: ['own'] }, ['/other', 'own']],
    ['can do without an entry point', { entrypoint: [], command: ['own'] }, ['own']],
  ] as const)
    it(what, () => {
      assert.deepEqual(commandOf(container(service, image)), expected)
    })
})

describe('the runtime configuration', () => {
  it('has the variables of the image, and those of the service before them', () => {
    const { spec } = specOf(
      container({ environment: { A: 'service' } }, { Env: ['A=image', 'B=image', 'PATH=/x'] }),
    )
    assert.deepEqual(spec.process.env, [
      'PATH=/x',
      'HOSTNAME=abababababab',
      'HOME=/home',
      'A=service',
      'B=image',
    ])
  })

  it('leaves capabilities to root alone', () => {
    assert.equal(specOf(container()).spec.process.capabilities.effective?.length, 14)
    const { capabilities } = specOf(container(), 1000).spec.process
    assert.deepEqual(capabilities.effective, [])
    assert.equal(capabilities.bounding?.length, 14)
  })

  it('has the declared limits', () => {
    const { spec, warnings } = specOf(
      container({ limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 10 } }),
    )
    const { memory, cpu, pids } = spec.linux.resources
    assert.deepEqual(
      { memory, cpu, pids },
      {
        memory: { limit: 67108864 },
        cpu: { quota: 50000, period: 100000 },
        pids: { limit: 10 },
      },
    )
    assert.deepEqual(warnings, [])
  })

  it('warns of a limit that the kernel cannot apply, and leaves it out', () => {
    const { spec, warnings } = specOf(container({ limits: { pids: 10 } }), 0, ['cpu'])
    assert.equal(spec.linux.resources.pids, undefined)
    assert.deepEqual(warnings, [
      'the limit of processes is not applied: no cgroup controller "pids"',
    ])
  })

  it('mounts parents before what is in them, and own mounts instead of the default ones', () => {
    const mount = (target: string, source: string) =>
      ({ type: 'bind', source, target, readOnly: false, propagation: 'rprivate' }) as const
    const { spec } = specOf(
      container({
        mounts: [
          mount('/data/inner', '/b'),
          mount('/data', '/a'),
          mount('/etc/resolv.conf', '/resolv'),
          { ...mount('/volume', 'shop_data'), type: 'volume', readOnly: true },
        ],
      }),
    )
    const at = (destination: string) =>
      spec.mounts.findIndex((one) => one.destination === destination)
    assert.ok(at('/data') < at('/data/inner'))
    assert.deepEqual(
      spec.mounts.filter(({ destination }) => destination === '/etc/resolv.conf'),
      [
        {
          destination: '/etc/resolv.conf',
          type: 'bind',
          source: '/resolv',
          options: ['rbind', 'rw', 'rprivate'],
        },
      ],
    )
    assert.deepEqual(spec.mounts[at('/volume')], {
      destination: '/volume',
      type: 'bind',
      source: '/var/lib/slipway/volumes/shop_data/_data',
      options: ['rbind', 'ro', 'rprivate'],
    })
  })

  it('lets mounts of the host through where a bind mount asks for it', () => {
    assert.equal(specOf(container()).spec.linux.rootfsPropagation, 'rprivate')
    const host = { type: 'bind', source: '/', target: '/host', readOnly: true } as const
    const { spec } = specOf(container({ mounts: [{ ...host, propagation: 'rslave' }] }))
    assert.equal(spec.linux.rootfsPropagation, 'rslave')
  })
})
