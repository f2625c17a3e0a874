import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContainerMount } from '../../containers/spec.ts'
import { createSpec } from './create-spec.ts'
import { bindOf } from './mounts.ts'

const others: Readonly<Record<string, readonly ContainerMount[]>> = {
  db: [bindOf('data:/data'), bindOf('/srv:/srv:ro'), bindOf('/own')],
}
const mountsOfOther = (name: string) => others[name] ?? []

const specOf = (body: object, image = {}) =>
  createSpec({ Image: 'web', ...body }, image, mountsOfOther).spec
const hosted = (HostConfig: object, image = {}) => specOf({ HostConfig }, image)

describe('a create request', () => {
  it('of nothing but an image asks for Docker’s defaults', () => {
    const { restart, limits, namespaces, security, mounts, ports, log } = specOf({})
    assert.deepEqual(
      { restart, limits, namespaces, mounts, ports, log },
      {
        restart: { name: 'no', maximumRetryCount: 0 },
        limits: {},
        namespaces: { network: 'bridge' },
        mounts: [],
        ports: [],
        log: { driver: 'json-file' },
      },
    )
    assert.deepEqual(security, {
      privileged: false,
      readOnlyRoot: false,
      addCapabilities: [],
      dropCapabilities: [],
      noNewPrivileges: false,
      seccomp: 'default',
    })
  })

  it('takes its command as a word or as words, and an empty entry point for none', () => {
    assert.deepEqual(specOf({ Cmd: ['a', 'b'] }).command, ['a', 'b'])
    assert.deepEqual(specOf({ Entrypoint: 'run' }).entrypoint, ['run'])
    assert.deepEqual(specOf({ Entrypoint: [''] }).entrypoint, [])
    assert.equal(specOf({ Cmd: null, Entrypoint: null }).entrypoint, undefined)
  })

  it('publishes ports, those of any number, and with all of them those that the image exposes', () => {
    const PortBindings = {
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }],
      '53/udp': [{ HostPort: '' }],
    }
    const image = { ExposedPorts: { '80/tcp': {}, '443': {} } }
    const body = { HostConfig: { PortBindings, PublishAllPorts: true } }
    assert.deepEqual(specOf(body, image).ports, [
      { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080 },
      { containerPort: 53, protocol: 'udp', hostIp: '0.0.0.0', hostPort: 0 },
      { containerPort: 443, protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 0 },
    ])
  })

  it('mounts what it binds and describes, and a volume of its own for each that the image wants', () => {
    const body = {
      HostConfig: {
        Binds: ['/srv/./x:/x:ro', 'data:/data/'],
        Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1024, Mode: 448 } }],
      },
    }
    const { mounts, tmpfs } = specOf(body, { Volumes: { '/data': {}, '/cache': {} } })
    assert.deepEqual(
      mounts.map(({ type, source, target, readOnly, create, anonymous }) => [
        type,
        anonymous === true ? /^[0-9a-f]{64}$/.test(source) : source,
        target,
        readOnly,
        create === true,
      ]),
      [
        ['bind', '/srv/x', '/x', true, true],
        ['volume', 'data', '/data', false, false],
        ['volume', true, '/cache', false, false],
      ],
    )
    assert.deepEqual(tmpfs, { '/t': 'size=1024,mode=700' })
  })

  it('has the mounts of other containers, where it has none of its own', () => {
    const told = (HostConfig: object) =>
      hosted(HostConfig, { Volumes: { '/own': {}, '/more': {} } }).mounts.map(
        ({ source, target, readOnly, inherited }) =>
          `${source.length === 64 ? 'unnamed' : source}:${target} ${readOnly ? 'ro' : 'rw'}${inherited ? ' of db' : ''}`,
      )
    assert.deepEqual(told({ VolumesFrom: ['db'], Binds: ['/else:/data'] }), [
      '/else:/data rw',
      '/srv:/srv ro of db',
      'unnamed:/own rw of db',
      'unnamed:/more rw',
    ])
    assert.deepEqual(told({ VolumesFrom: ['db', 'db:ro'] }).slice(0, 3), [
      'data:/data ro of db',
      '/srv:/srv ro of db',
      'unnamed:/own ro of db',
    ])
  })

  it('limits what it may take', () => {
    const { limits } = hosted({ Memory: 64 << 20, NanoCpus: 5e8, PidsLimit: -1, CpuShares: 512 })
    assert.deepEqual(limits, { memoryBytes: 64 << 20, cpus: 0.5, cpuShares: 512 })
  })

  it('limits what it reads and writes', () => {
    const { limits } = hosted({
      BlkioWeight: 300,
      BlkioWeightDevice: [{ Path: '/dev/vda', Weight: 500 }],
      BlkioDeviceWriteBps: [{ Path: '/dev/vda', Rate: 1 << 20 }],
      BlkioDeviceReadIOps: [{ Path: '/dev/vdb', Rate: 100 }],
      BlkioDeviceReadBps: [],
    })
    assert.deepEqual(limits, {
      ioWeight: 300,
      ioWeights: [{ path: '/dev/vda', value: 500 }],
      ioWriteBytes: [{ path: '/dev/vda', value: 1 << 20 }],
      ioReads: [{ path: '/dev/vdb', value: 100 }],
    })
  })

  for (const [body, problem] of [
    [{ WorkingDir: 'x' }, /needs to be an absolute path/],
    [{ StopSignal: 'NOSUCH' }, /invalid signal: NOSUCH/],
    [{ HostConfig: { Memory: 1024 } }, /Minimum memory limit allowed is 6MB/],
    [{ HostConfig: { MemorySwap: 1 << 30 } }, /always set the Memory limit/],
    [{ HostConfig: { Binds: ['/a:/x', '/b:/x'] } }, /Duplicate mount point: \/x/],
    [{ HostConfig: { Binds: ['/a:/'] } }, /destination can't be '\/'/],
    [{ HostConfig: { Binds: ['/a:/x:what'] } }, /invalid mode: what/],
    [{ HostConfig: { Binds: ['a/b:/x'] } }, /only "\[a-zA-Z0-9\]/],
    [{ HostConfig: { RestartPolicy: { Name: 'often' } } }, /unknown policy 'often'/],
    [
      { HostConfig: { RestartPolicy: { Name: 'always' }, AutoRemove: true } },
      /can't create 'AutoRemove' container with restart policy/,
    ],
    [{ HostConfig: { VolumesFrom: ['db:often'] } }, /invalid mode: often/],
    [{ HostConfig: { BlkioWeight: 5 } }, /Range of blkio weight is from 10 to 1000/],
    [
      { HostConfig: { BlkioWeightDevice: [{ Path: '/dev/vda', Weight: 1001 }] } },
      /blkio weight of \/dev\/vda is from 10 to 1000/,
    ],
    [{ HostConfig: { CapAdd: ['NOPE'] } }, /unknown capability: "CAP_NOPE"/],
    [
      { HostConfig: { SecurityOpt: ['seccomp={}'] } },
      /invalid seccomp profile: defaultAction: expected one of SCMP_ACT_KILL, /,
    ],
    [{ HostConfig: { SecurityOpt: ['seccomp'] } }, /invalid seccomp profile: it is not JSON text/],
    [{ HostConfig: { Ulimits: [{ Name: 'x', Soft: 1, Hard: 1 }] } }, /invalid ulimit type: x/],
    [{ HostConfig: { PortBindings: { '80/sctp': [{}] } } }, /only tcp and udp/],
    [{ HostConfig: { LogConfig: { Type: 'splunk' } } }, /plugin "splunk" not found/],
    [{ HostConfig: { LogConfig: { Config: { 'max-sise': '1m' } } } }, /unknown log opt 'max-sise'/],
  ] as const)
    it(`is refused as Docker does: ${problem.source}`, () => {
      assert.throws(() => specOf(body), { code: 'SLIPWAY_ENGINE_INVALID', message: problem })
    })

  for (const [HostConfig, field] of [
    [{ DeviceRequests: [{ Count: -1 }] }, 'HostConfig.DeviceRequests'],
    [
      { Mounts: [{ Type: 'volume', Source: 'vv', Target: '/x', VolumeOptions: { Subpath: 'a' } }] },
      'HostConfig.Mounts[0].VolumeOptions.Subpath',
    ],
  ] as const)
    it(`is refused when ${field} asks for what the host cannot do`, () => {
      assert.throws(() => hosted(HostConfig), {
        code: 'SLIPWAY_ENGINE_UNSUPPORTED',
        message: new RegExp(`^${field.replace(/[[\].]/g, '\\$&')} is not supported: `),
      })
    })

  it('may set to nothing what cannot be done, as clients do', () => {
    hosted({
      Init: null,
      VolumesFrom: null,
      DeviceRequests: [],
      BlkioWeight: 0,
      ConsoleSize: [0, 0],
    })
  })

  it('gives a warning for a security option without effect', () => {
    const body = { Image: 'web', HostConfig: { SecurityOpt: ['label=disable'] } }
    assert.deepEqual(createSpec(body, {}, mountsOfOther).warnings, [
      'the security option label=disable has no effect: this host does not use label',
    ])
  })

  it('has the seccomp profile that is asked for, with whatever is in it', () => {
    const seccompOf = (...SecurityOpt: string[]) => hosted({ SecurityOpt }).security?.seccomp
    const profile = '{"defaultAction":"SCMP_ACT_ALLOW","comment":"a=b:c"}'
    assert.deepEqual(seccompOf(`seccomp=${profile}`), { profile })
    assert.deepEqual(seccompOf(`seccomp:${profile}`), { profile })
    assert.equal(seccompOf('seccomp=unconfined'), 'unconfined')
    assert.equal(seccompOf('seccomp=builtin'), 'default')
  })

  it('has the AppArmor profile that is asked for, by Docker’s two ways to write it', () => {
    const profileOf = (...SecurityOpt: string[]) => hosted({ SecurityOpt }).security?.apparmor
    assert.equal(profileOf('apparmor=mine'), 'mine')
    assert.equal(profileOf('apparmor:unconfined'), 'unconfined')
    assert.equal(profileOf('no-new-privileges', 'apparmor='), undefined)
    assert.equal(profileOf(), undefined)
  })
})
