import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemText } from '../../checked-yaml/problem.ts'
import { configHash } from '../containers/identity.ts'
import { conflicts } from './directory.ts'
import { parseCompose } from './parse.ts'

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
          restart: { name: 'on-failure', maximumRetryCount: 3 },
          labels: { 'traefik.enable': 'true', bare: '' },
          limits: { memoryBytes: 67108864, cpus: 0.5, pids: 100 },
        },
      ],
    })
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
          // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose's own syntax
          '      HOME: ${HOME}',
          '      EMPTY:',
          '    volumes: ["data:/data", "./x:/y"]',
          '    mem_limit: lots',
        ].join('\n'),
      ),
      [
        '/etc/slipway/compose/shop.yaml:3:5: services.web.imgae: unknown key; did you mean "image"?',
        '/etc/slipway/compose/shop.yaml:3:5: services.web: the key image is missing',
        '/etc/slipway/compose/shop.yaml:7:13: services.web.environment.HOME: "${HOME}" would be a variable, and variables are not substituted; write "$$" for a dollar sign',
        '/etc/slipway/compose/shop.yaml:8:7: services.web.environment.EMPTY: expected a value: the host has no environment to take it from; write "" for an empty one',
        '/etc/slipway/compose/shop.yaml:4:13: services.web.ports[0]: the port of the host is missing: expected [ADDRESS:]HOST_PORT:CONTAINER_PORT[/tcp|udp], found "80"',
        '/etc/slipway/compose/shop.yaml:9:15: services.web.volumes[0]: the volume "data" is not declared: add it under the top-level key volumes',
        '/etc/slipway/compose/shop.yaml:9:29: services.web.volumes[1]: expected an absolute path of the host, found "./x"',
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
    [
      'an unsupported top-level key',
      'services: {}\nnetworks: {}\n',
      /2:1: networks: not supported/,
    ],
    ['a key that builds images', 'services: {a: {image: b, build: .}}', /push one to a registry/],
    [
      'a mount target twice',
      'services: {a: {image: b, volumes: ["/x:/d", "/y:/d"]}}',
      /two volumes/,
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
      'a condition that would not be looked at',
      'services: {a: {image: b}, c: {image: b, depends_on: {a: {condition: service_healthy}}}}',
      /c\.depends_on\.a\.condition: service_healthy is not supported yet: the health .* write service_started/,
    ],
    [
      'a condition that nobody knows',
      'services: {a: {image: b}, c: {image: b, depends_on: {a: {condition: constructor}}}}',
      /expected service_started, found "constructor"/,
    ],
    [
      'a dependency without a condition',
      'services: {a: {image: b}, c: {image: b, depends_on: {a: {}}}}',
      /the key condition is missing/,
    ],
    [
      'a dependency that may be missing',
      'services: {a: {image: b}, c: {image: b, depends_on: {a: {condition: service_started, required: false}}}}',
      /a\.required: not supported yet/,
    ],
    [
      'a signal of nobody',
      'services: {a: {image: b, stop_signal: TERMM}}',
      /did you mean "SIGTERM"/,
    ],
    ['a signal out of range', 'services: {a: {image: b, stop_signal: 65}}', /from 1 to 64/],
    ['a bare number as a time', 'services: {a: {image: b, stop_grace_period: 10}}', /such as 90s/],
    ['a volume with options', 'services: {}\nvolumes: {a: {driver: x}}', /no options yet/],
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
