import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Container } from '../containers/container.ts'
import { containerPaths, hostDirectories } from '../directories.ts'
import { allCapabilities } from './capabilities.ts'
import { hasInit } from './init.ts'
import { commandOf, runtimeSpec, type SpecSurroundings } from './spec.ts'
import { testContainer } from './testing/container.ts'

const surroundingsOf = (
  one: Container,
  uid = 0,
  controllers = ['cpu', 'memory', 'pids'],
  initProgram?: string,
): SpecSurroundings => ({
  paths: containerPaths(hostDirectories, one.id),
  user: { uid, gid: uid, additionalGids: [], home: '/home' },
  cgroupsPath: '/scope/container',
  controllers: new Set(controllers),
  devices: { nodes: [], rules: [] },
  pids: new Map(),
  initProgram,
  ownCapabilities: new Set(allCapabilities),
  kernelRelease: '6.12.43+deb13-amd64',
  sysctls: {},
  volumePaths: new Map([['shop_data', '/var/lib/slipway/volumes/shop_data/_data']]),
})

const specOf = (...of: Parameters<typeof surroundingsOf>) =>
  runtimeSpec(of[0], surroundingsOf(...of))

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
      assert.deepEqual(commandOf(testContainer(service, image)), expected)
    })
})

describe('the runtime configuration', () => {
  it('has the variables of the image, and those of the service before them', () => {
    const { spec } = specOf(
      testContainer({ environment: ['A=service'] }, { Env: ['A=image', 'B=image', 'PATH=/x'] }),
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
    assert.equal(specOf(testContainer()).spec.process.capabilities.effective?.length, 14)
    const { capabilities } = specOf(testContainer(), 1000).spec.process
    assert.deepEqual(capabilities.effective, [])
    assert.equal(capabilities.bounding?.length, 14)
  })

  it('has an AppArmor profile where the host gives it one', () => {
    assert.ok(!('apparmorProfile' in specOf(testContainer()).spec.process))
    const surroundings = surroundingsOf(testContainer())
    const { spec } = runtimeSpec(testContainer(), { ...surroundings, apparmorProfile: 'mine' })
    assert.equal(spec.process.apparmorProfile, 'mine')
  })

  it('begins with the init process where there is one', () => {
    const one = testContainer({ command: ['serve'], init: true })
    assert.ok(hasInit(one))
    const { process, mounts } = specOf(one, 0, [], '/usr/bin/catatonit').spec
    assert.deepEqual(process.args, ['/sbin/docker-init', '--', 'serve'])
    assert.deepEqual(mounts.at(-1), {
      destination: '/sbin/docker-init',
      type: 'bind',
      source: '/usr/bin/catatonit',
      options: ['bind', 'ro', 'nosuid', 'nodev', 'rprivate'],
    })
    assert.ok(!hasInit(testContainer({ init: true, namespaces: { network: 'none', pid: 'host' } })))
  })

  it('has the declared limits', () => {
    const { spec, warnings } = specOf(
      testContainer({ limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 10 } }),
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
    const { spec, warnings } = specOf(testContainer({ limits: { pids: 10 } }), 0, ['cpu'])
    assert.equal(spec.linux.resources.pids, undefined)
    assert.deepEqual(warnings, [
      'the limit of processes is not applied: no cgroup controller "pids"',
    ])
  })

  it('mounts parents before what is in them, and own mounts instead of the default ones', () => {
    const mount = (target: string, source: string) =>
      ({ type: 'bind', source, target, readOnly: false, propagation: 'rprivate' }) as const
    const { spec } = specOf(
      testContainer({
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

  it('gives what is on the disk the ids of a user namespace, but for what is the host’s', () => {
    const mount = { readOnly: false, propagation: 'rprivate' } as const
    const userNamespace = { firstId: 100000, count: 65536 }
    const { spec } = specOf({
      ...testContainer({
        mounts: [
          { ...mount, type: 'volume', source: 'shop_data', target: '/volume' },
          { ...mount, type: 'bind', source: '/srv', target: '/bind' },
        ],
        files: [{ target: '/run/secrets/key', uid: 0, gid: 0, mode: 0o400, digest: 'd' }],
      }),
      userNamespace,
    })
    const mapped = spec.mounts.filter(({ uidMappings }) => uidMappings !== undefined)
    assert.deepEqual(mapped.map(({ destination }) => destination).sort(), [
      '/etc/hostname',
      '/etc/hosts',
      '/etc/resolv.conf',
      '/run/secrets/key',
      '/volume',
    ])
    for (const { uidMappings, gidMappings } of mapped) {
      assert.deepEqual(uidMappings, [
        { containerID: 0, hostID: 100000, size: 65536 },
        { containerID: 65536, hostID: 0, size: 1 },
      ])
      assert.deepEqual(gidMappings, uidMappings)
    }
    assert.equal(spec.linux.sysctl['net.ipv4.ping_group_range'], '0 65535')
  })

  it('lets mounts of the host through where a bind mount asks for it', () => {
    assert.equal(specOf(testContainer()).spec.linux.rootfsPropagation, 'rprivate')
    const host = { type: 'bind', source: '/', target: '/host', readOnly: true } as const
    const { spec } = specOf(testContainer({ mounts: [{ ...host, propagation: 'rslave' }] }))
    assert.equal(spec.linux.rootfsPropagation, 'rslave')
  })
})
