// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own syntax
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemText } from '../../checked-yaml/problem.ts'
import { configHash } from '../containers/identity.ts'
import { conflicts } from './directory.ts'
import { parseCompose } from './parse.ts'
import { specOfService } from './service.ts'

const parse = (text: string, file = '/etc/slipway/compose/shop.yaml') => parseCompose(text, file)
const problemsOf = (text: string, file?: string) => parse(text, file).problems.map(problemText)

describe('a Compose file', () => {
  it('becomes a project named after its file', () => {
    const { project, problems } = parse(`
x-common: &common
  restart: on-failure:3
  environment: { A: "1" }
services:
  web:
    <<: *common
    image: registry.local:5000/web:1
    command: nginx -g "daemon off;"
    ports: ["8080:80", "127.0.0.1:5353:53/udp"]
    volumes: ["data:/data", "/:/host:ro,rslave"]
    labels: [traefik.enable=true, bare]
    mem_limit: 64m
    cpus: 0.5
    deploy: { resources: { limits: { pids: 100 } } }
volumes:
  data:
`)
    assert.deepEqual(problems, [])
    assert.deepEqual(project, {
      name: 'shop',
      file: '/etc/slipway/compose/shop.yaml',
      services: [
        {
          project: 'shop',
          name: 'web',
          containerName: 'shop-web-1',
          image: 'registry.local:5000/web:1',
          command: ['nginx', '-g', 'daemon off;'],
          environment: { A: '1' },
          ports: [
            { hostIp: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
            { hostIp: '127.0.0.1', hostPort: 5353, containerPort: 53, protocol: 'udp' },
          ],
          mounts: [
            {
              type: 'volume',
              source: 'shop_data',
              target: '/data',
              readOnly: false,
              propagation: 'rprivate',
            },
            { type: 'bind', source: '/', target: '/host', readOnly: true, propagation: 'rslave' },
          ],
          networks: [
            {
              name: 'shop_default',
              definition: { internal: false, ipv6: false, labels: {}, subnets: [] },
              aliases: ['web'],
            },
          ],
          namespaces: { network: 'network:shop_default' },
          restart: { name: 'on-failure', maximumRetryCount: 3 },
          labels: { 'traefik.enable': 'true', bare: '' },
          limits: { memoryBytes: 67108864, cpus: 0.5, pids: 100 },
        },
      ],
    })
  })

  it('asks for all that Docker has for a container of one host', () => {
    const { project } = parse(`
services:
  a:
    image: b
    user: "1000:1000"
    group_add: [video, 44]
    privileged: false
    read_only: true
    cap_add: [NET_ADMIN]
    cap_drop: [all]
    security_opt: ["no-new-privileges:true", "seccomp=unconfined", "apparmor:my profile"]
    devices: [/dev/fuse, "/dev/null:/dev/zip:r"]
    working_dir: /srv
    hostname: a.example
    domainname: example
    tty: true
    stdin_open: true
    tmpfs: ["/run:size=1m", /cache]
    shm_size: 128m
    sysctls: { net.core.somaxconn: 1024 }
    ulimits: { nproc: 65535, nofile: { soft: 20000, hard: -1 } }
    oom_score_adj: -500
    network_mode: host
    pid: host
    ipc: shareable
    dns: 192.0.2.53
    dns_search: [example]
    dns_opt: ["ndots:2"]
    extra_hosts: ["db=192.0.2.7", "six:[2001:db8::1]", "up:host-gateway"]
    expose: [80, "8000-8001/udp"]
    healthcheck: { test: curl -f localhost, interval: 1m30s, retries: 3, start_period: 5s }
    logging: { driver: json-file, options: { max-size: 10m } }
    memswap_limit: -1
    mem_reservation: 64m
    cpu_shares: 512
    cpuset: 0-1
    blkio_config:
      weight: 300
      weight_device: [{ path: /dev/vda, weight: 10 }]
      device_read_bps: [{ path: /dev/vda, rate: 12mb }, { path: /dev/vdb, rate: 1024 }]
      device_write_iops: [{ path: /dev/vda, rate: 120 }]
    deploy: { resources: { limits: { memory: 128m }, reservations: { memory: 32m } } }
`)
    const [service] = project?.services ?? []
    assert.ok(service)
    assert.partialDeepStrictEqual(specOfService(service), {
      user: '1000:1000',
      additionalGroups: ['video', '44'],
      security: {
        privileged: false,
        readOnlyRoot: true,
        addCapabilities: ['CAP_NET_ADMIN'],
        dropCapabilities: ['ALL'],
        noNewPrivileges: true,
        seccomp: 'unconfined',
        apparmor: 'my profile',
      },
      devices: [
        { hostPath: '/dev/fuse', containerPath: '/dev/fuse', access: 'rwm' },
        { hostPath: '/dev/null', containerPath: '/dev/zip', access: 'r' },
      ],
      workingDirectory: '/srv',
      hostname: 'a.example',
      domainname: 'example',
      terminal: true,
      stdin: { once: false },
      tmpfs: { '/run': 'size=1m', '/cache': '' },
      sharedMemoryBytes: 128 << 20,
      sysctls: { 'net.core.somaxconn': '1024' },
      ulimits: [
        { name: 'nproc', soft: 65535, hard: 65535 },
        { name: 'nofile', soft: 20000, hard: -1 },
      ],
      oomScoreAdjustment: -500,
      namespaces: { network: 'host', pid: 'host', ipc: 'shareable' },
      dns: { servers: ['192.0.2.53'], search: ['example'], options: ['ndots:2'] },
      extraHosts: ['db:192.0.2.7', 'six:2001:db8::1', 'up:host-gateway'],
      exposedPorts: ['80/tcp', '8000/udp', '8001/udp'],
      healthcheck: {
        Test: ['CMD-SHELL', 'curl -f localhost'],
        Interval: 90e9,
        Retries: 3,
        StartPeriod: 5e9,
      },
      log: { driver: 'json-file', maximumBytes: 10 << 20 },
      limits: {
        memoryBytes: 128 << 20,
        memorySwapBytes: -1,
        memoryReservationBytes: 64 << 20,
        cpuShares: 512,
        cpusetCpus: '0-1',
        ioWeight: 300,
        ioWeights: [{ path: '/dev/vda', value: 10 }],
        ioReadBytes: [
          { path: '/dev/vda', value: 12 << 20 },
          { path: '/dev/vdb', value: 1024 },
        ],
        ioWrites: [{ path: '/dev/vda', value: 120 }],
      },
    })
  })

  it('has nothing that is not asked for but its network', () => {
    const { project } = parse('services: { a: { image: b } }')
    const fields = ['containerName', 'environment', 'image', 'labels', 'limits', 'mounts', 'name']
    assert.deepEqual(Object.keys(project?.services[0] ?? {}).sort(), [
      ...fields,
      ...['namespaces', 'networks', 'ports', 'project', 'restart'],
    ])
  })

  it('has a service wait for more than the start of another', () => {
    const { project } = parse(`
services:
  a: { image: b }
  c:
    image: b
    depends_on:
      a: { condition: service_healthy }
      gone: { condition: service_started, required: false }
`)
    const waiting = project?.services.find(({ name }) => name === 'c')
    assert.deepEqual(waiting?.dependsOn, ['a'])
    assert.deepEqual(waiting?.conditions, { a: 'service_healthy' })
  })

  it('has every mistake reported at its place, with the nearest known key', () => {
    assert.deepEqual(
      problemsOf(
        [
          'services:',
          '  web:',
          '    imgae: web',
          '    ports: ["80"]',
          '    restart: sometimes',
          '    environment:',
          '      HOME: ${HOME}',
          '      EMPTY:',
          '    volumes: ["data:/data", "~/x:/y"]',
          '    mem_limit: lots',
        ].join('\n'),
      ),
      [
        '/etc/slipway/compose/shop.yaml:3:5: services.web.imgae: unknown key; did you mean "image"?',
        '/etc/slipway/compose/shop.yaml:3:5: services.web: the key image is missing',
        '/etc/slipway/compose/shop.yaml:7:13: services.web.environment.HOME: the variable HOME is not set: set it in .env beside the file, or give it a default, ${HOME:-DEFAULT}; "$$" stands for a dollar sign',
        '/etc/slipway/compose/shop.yaml:8:7: services.web.environment.EMPTY: expected a value: the variable EMPTY is not set in .env beside the file; write "" for an empty one',
        '/etc/slipway/compose/shop.yaml:4:13: services.web.ports[0]: the port of the host is missing: expected [ADDRESS:]HOST_PORT:CONTAINER_PORT[/tcp|udp], found "80"',
        '/etc/slipway/compose/shop.yaml:9:15: services.web.volumes[0]: the volume "data" is not declared: add it under the top-level key volumes',
        '/etc/slipway/compose/shop.yaml:9:29: services.web.volumes[1]: expected a path that begins with / or ./, found "~/x"',
        '/etc/slipway/compose/shop.yaml:5:14: services.web.restart: expected "no", always, on-failure, on-failure:COUNT or unless-stopped, found "sometimes"',
        '/etc/slipway/compose/shop.yaml:10:16: services.web.mem_limit: expected a size such as 512m or 2g, found "lots"',
      ],
    )
  })

  for (const [what, text, expected] of [
    ['a cycle of aliases', 'services: &a\n  web: *a\n', /2:8.*a cycle/],
    ['a cycle through a merge key', 'services:\n  web: &a\n    <<: *a\n', /3:9.*a cycle/],
    ['an alias without an anchor', 'services:\n  web: *a\n', /2:8.*/],
    ['a duplicate key', 'services: {}\nservices: {}\n', /2:1.*unique/],
    ['bad indentation', 'services:\n web:\n   image: a\n  b: c\n', /4:/],
    ['an empty file', '', /expected a map, found nothing/],
    ['a list', '- a\n', /expected a map, found a list/],
    ['no services', 'name: x\n', /the key services is missing/],
    ['an unsupported top-level key', 'services: {}\nmodels: {}\n', /2:1: models: the host runs no/],
    ['a key that builds images', 'services: {a: {image: b, build: .}}', /push one to a registry/],
    [
      'a mount target twice',
      'services: {a: {image: b, volumes: ["/x:/d", "/y:/d"]}}',
      /two of its volumes, configs and secrets have the target \/d/,
    ],
    ['a way out of a path', 'services: {a: {image: b, volumes: ["/x/../..:/d"]}}', /"\.\."/],
    ['a port out of range', 'services: {a: {image: b, ports: ["70000:1"]}}', /from 1 to 65535/],
    ['ranges of two lengths', 'services: {a: {image: b, ports: ["1-2:1-3"]}}', /same length/],
    ['an open quote', `services: {a: {image: b, command: 'echo "x'}}`, /has no end/],
    ['too little memory', 'services: {a: {image: b, mem_limit: 1k}}', /at least 6m/],
    [
      'a dependency that is not there',
      'services: {web: {image: b, depends_on: [wbe]}}',
      /1:41: services\.web\.depends_on\[0\]: no such service in this file; did you mean "web"/,
    ],
    [
      'dependencies in a ring',
      'services: {a: {image: b, depends_on: [c]}, c: {image: b, depends_on: [a]}}',
      /1:12: services\.a\.depends_on: the services wait for each other: a → c → a/,
    ],
    [
      'a service that depends on itself',
      'services: {a: {image: b, depends_on: [a]}}',
      /wait for each other: a → a/,
    ],
    [
      'a condition that nobody knows',
      'services: {a: {image: b}, c: {image: b, depends_on: {a: {condition: constructor}}}}',
      /expected service_started, service_healthy, .*; found "constructor"/,
    ],
    [
      'a dependency without a condition',
      'services: {a: {image: b}, c: {image: b, depends_on: {a: {}}}}',
      /the key condition is missing/,
    ],
    [
      'a port of the host for several containers',
      'services: {a: {image: b, scale: 2, ports: ["80:80"]}}',
      /a\.ports\[0\]: 2 containers cannot have one port of the host: .*8080-8081:80/,
    ],
    [
      'a name for several containers',
      'services: {a: {image: b, deploy: {replicas: 3}, container_name: own}}',
      /a\.container_name: 3 containers cannot have one name/,
    ],
    [
      'what only a swarm has',
      'services: {a: {image: b, deploy: {update_config: {parallelism: 2}}}}',
      /update_config\.parallelism: each container of a service is replaced by itself/,
    ],
    [
      'a capability of nobody',
      'services: {a: {image: b, cap_add: [NET]}}',
      /cap_add\[0\]: unknown capability/,
    ],
    [
      'a security option that the host lacks',
      'services: {a: {image: b, security_opt: ["label:disable"]}}',
      /the host has no other/,
    ],
    [
      'a health check that is no command',
      'services: {a: {image: b, healthcheck: {test: [curl, x]}}}',
      /healthcheck\.test: expected CMD, CMD-SHELL or NONE first/,
    ],
    [
      'a check that is and is not',
      'services: {a: {image: b, healthcheck: {disable: true, test: x}}}',
      /a check that is disabled has no test/,
    ],
    [
      'ports of a service on the host’s network',
      'services: {a: {image: b, network_mode: host, ports: ["1:1"]}}',
      /a\.ports: a service with network_mode host/,
    ],
    [
      'a network mode that is none',
      'services: {a: {image: b, network_mode: front}}',
      /expected bridge, host, none, service:NAME, container:NAME, found "front"/,
    ],
    [
      'the network of a service that is not there',
      'services: {a: {image: b, network_mode: "service:bb"}, b: {image: b}}',
      /1:40: services\.a\.network_mode: no such service in this file; did you mean "b"/,
    ],
    [
      'the network of a service whose profile is switched off',
      'services: {a: {image: b, pid: "service:b"}, b: {image: b, profiles: [cc]}}',
      /a\.pid: the profiles of the service b are switched off/,
    ],
    [
      'services that are in each other’s network',
      'services: {a: {image: b, network_mode: "service:b"}, b: {image: b, ipc: "service:a"}}',
      /the services wait for each other: a → b → a/,
    ],
    [
      'ports of a service in the network of another',
      'services: {a: {image: b, network_mode: "service:b", ports: ["1:1"]}, b: {image: b}}',
      /a\.ports: a service with network_mode service:b has no ports of its own/,
    ],
    [
      'a host name of a service in the network of another',
      'services: {a: {image: b, network_mode: "container:b", hostname: c}}',
      /a\.hostname: a service with network_mode container:b has no host name of its own/,
    ],
    [
      'a limit of nothing',
      'services: {a: {image: b, ulimits: {nofiles: 3}}}',
      /ulimits\.nofiles: unknown limit/,
    ],
    [
      'half a limit',
      'services: {a: {image: b, ulimits: {nofile: {soft: 3}}}}',
      /expected both soft and hard/,
    ],
    [
      'an address that is none',
      'services: {a: {image: b, extra_hosts: ["x=1.2.3"]}}',
      /expected an address of IPv4 or IPv6/,
    ],
    [
      'a name server by name',
      'services: {a: {image: b, dns: one.one}}',
      /a\.dns: expected an address/,
    ],
    [
      'a device by a relative path',
      'services: {a: {image: b, devices: ["fuse"]}}',
      /expected an absolute path/,
    ],
    [
      'a driver of logs that is not there',
      'services: {a: {image: b, logging: {driver: splunk}}}',
      /logging\.driver: expected journald, json-file, local, none/,
    ],
    [
      'a signal of nobody',
      'services: {a: {image: b, stop_signal: TERMM}}',
      /did you mean "SIGTERM"/,
    ],
    ['a signal out of range', 'services: {a: {image: b, stop_signal: 65}}', /from 1 to 64/],
    ['a bare number as a time', 'services: {a: {image: b, stop_grace_period: 10}}', /such as 90s/],
    ['a driver of volumes', 'services: {}\nvolumes: {a: {driver: x}}', /only the driver local/],
  ] as const)
    it(`refuses ${what}`, () => {
      const { project, problems } = parse(text)
      assert.equal(project, undefined)
      assert.match(problems.map(problemText).join('\n'), expected)
    })

  it('takes the long syntax of ports and volumes', () => {
    const { project, problems } = parse(`
services:
  web:
    image: web
    ports: [{ target: 80, published: 8080, host_ip: 127.0.0.1 }]
    volumes: [{ type: bind, source: /srv, target: /data, read_only: true, bind: { propagation: rslave } }]
`)
    assert.deepEqual(problems, [])
    assert.deepEqual(project?.services[0]?.ports, [
      { hostIp: '127.0.0.1', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
    ])
    assert.deepEqual(project?.services[0]?.mounts, [
      { type: 'bind', source: '/srv', target: '/data', readOnly: true, propagation: 'rslave' },
    ])
  })

  it('says what a service depends on, and how it is stopped', () => {
    const { project, problems } = parse(`
services:
  db: { image: db, stop_signal: int, stop_grace_period: 1m30s }
  cache: { image: cache, stop_signal: SIGRTMIN+3, stop_grace_period: 500ms }
  api: { image: api, depends_on: [db, cache, db], stop_signal: 15 }
  web:
    image: web
    depends_on:
      api: { condition: service_started, required: true, restart: false }
`)
    assert.deepEqual(problems, [])
    assert.deepEqual(
      project?.services.map(({ name, dependsOn, stopSignal, stopGracePeriodMs }) => [
        name,
        dependsOn,
        stopSignal,
        stopGracePeriodMs,
      ]),
      [
        ['db', undefined, 'SIGINT', 90_000],
        ['cache', undefined, 'SIGRTMIN+3', 500],
        ['api', ['db', 'cache'], '15', undefined],
        ['web', ['api'], undefined, undefined],
      ],
    )
  })

  it('depends on those that it shares namespaces with', () => {
    const { project, problems } = parse(`
services:
  vpn: { image: vpn }
  db: { image: db, ipc: shareable }
  web:
    image: web
    network_mode: "service:vpn"
    ipc: "service:db"
    pid: "container:other"
    depends_on: [db]
`)
    assert.deepEqual(problems, [])
    const web = project?.services.find(({ name }) => name === 'web')
    assert.deepEqual(web?.dependsOn, ['db', 'vpn'])
    assert.deepEqual(web?.restartWith, ['vpn'])
    assert.deepEqual(web?.namespaces, {
      network: 'service:vpn',
      pid: 'container:other',
      ipc: 'service:db',
    })
    assert.equal(web?.networks, undefined)
  })

  it('keeps a container when nothing but the order changed', () => {
    const hashOf = (text: string) => {
      const service = parse(text).project?.services[0]
      assert.ok(service)
      return configHash(service)
    }
    const alone = hashOf('services: {a: {image: a}, b: {image: b}}')
    assert.equal(hashOf('services: {a: {image: a, depends_on: [b]}, b: {image: b}}'), alone)
    assert.notEqual(hashOf('services: {a: {image: a, stop_grace_period: 20s}}'), alone)
  })

  it('has the seccomp profile of a file beside it, and is another one when that changes', () => {
    const text = 'services: {a: {image: b, security_opt: ["seccomp:filters/web.json"]}}'
    const withProfile = (json: string) =>
      parseCompose(text, '/etc/slipway/compose/shop.yaml', {
        files: {
          read: (path) =>
            path === '/etc/slipway/compose/filters/web.json'
              ? { kind: 'content', bytes: Buffer.from(json) }
              : { kind: 'absent' },
        },
      })
    const [service] = withProfile('{ "defaultAction": "SCMP_ACT_ALLOW" }').project?.services ?? []
    assert.ok(service)
    const profile = '{"defaultAction":"SCMP_ACT_ALLOW"}'
    assert.deepEqual(specOfService(service).security?.seccomp, { profile })
    const [other] = withProfile('{ "defaultAction": "SCMP_ACT_LOG" }').project?.services ?? []
    assert.ok(other)
    assert.notEqual(configHash(other), configHash(service))
    assert.match(
      withProfile('{}').problems.map(problemText).join(''),
      /shop\.yaml:1:41: services\.a\.security_opt\[0\]: \/etc\/slipway\/compose\/filters\/web\.json: defaultAction: expected one of/,
    )
    assert.match(
      problemsOf(text).join(''),
      /security_opt\[0\]: cannot read \/etc\/slipway\/compose\/filters\/web\.json: it is not there/,
    )
  })

  it('turns $$ into a dollar sign', () => {
    const { project } = parse('services: {a: {image: b, environment: ["A=$$x"]}}')
    assert.deepEqual(project?.services[0]?.environment, { A: '$x' })
  })

  it('does not begin with two services on one port of the host', () => {
    const { project } = parse(
      'services: {a: {image: b, ports: ["80:80"]}, b: {image: b, ports: ["127.0.0.1:80:81"]}}',
    )
    assert.ok(project)
    assert.deepEqual(
      conflicts(project, []).map((problem) => problem.message),
      ['service b: the port 80/tcp of the host is already used by service a'],
    )
  })
})
