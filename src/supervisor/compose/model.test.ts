// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own syntax
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseShop } from './testing/files-in-memory.ts'

const at = (name: string) => `/etc/slipway/compose/${name}`

describe('a Compose file and what it refers to', () => {
  it('has its variables from .env, and environments from files beside it', () => {
    const { project, problems } = parseShop({
      '.env': 'TAG=3\nPRIVILEGED=true\nPASSED=on\n',
      'web.env': 'A=file\nB=${TAG}\n',
      'raw.env': 'C="$TAG"\n',
      'shop.yaml': `
services:
  web:
    image: web:\${TAG}
    privileged: \${PRIVILEGED}
    env_file: [web.env, { path: raw.env, format: raw }, { path: gone.env, required: false }]
    environment: { A: own, PASSED: }
`,
    })
    assert.deepEqual(problems, [])
    assert.equal(project?.services[0]?.image, 'web:3')
    assert.equal(project?.services[0]?.security?.privileged, true)
    assert.deepEqual(project?.services[0]?.environment, {
      A: 'own',
      B: '3',
      C: '"$TAG"',
      PASSED: 'on',
    })
  })

  it('goes together with the file over it', () => {
    const { project, problems } = parseShop(
      {
        'shop.yaml': `
services:
  web:
    image: web:1
    command: [a, b]
    environment: [A=1, B=2, C=3]
    labels: { x: "1" }
    ports: ["80:80", "81:81"]
    volumes: ["data:/data", "/srv:/srv"]
    cap_add: [NET_ADMIN]
    depends_on: [db]
  db: { image: db, ports: ["90:90"], tmpfs: /run }
  old: { image: old }
volumes: { data: }
`,
      },
      `
services:
  web:
    image: web:2
    command: [c]
    environment: { A: !reset null, B: two, D: "4" }
    labels: [y=2]
    ports: ["82:82", "80:80"]
    volumes: ["/other:/data:ro"]
    cap_add: [NET_ADMIN, CHOWN]
    depends_on: { cache: { condition: service_healthy } }
  db: { ports: !override ["91:91"], tmpfs: !reset [] }
  old: !reset null
  cache: { image: cache }
`,
    )
    assert.deepEqual(problems, [])
    const [web, db, cache, ...more] = project?.services ?? []
    assert.deepEqual(more, [])
    assert.equal(web?.image, 'web:2')
    assert.deepEqual(web?.command, ['c'])
    assert.deepEqual(web?.environment, { B: 'two', C: '3', D: '4' })
    assert.deepEqual(web?.labels, { x: '1', y: '2' })
    assert.deepEqual(
      web?.ports.map(({ hostPort }) => hostPort),
      [80, 81, 82],
    )
    assert.deepEqual(
      web?.mounts.map(({ source, target, readOnly }) => [source, target, readOnly]),
      [
        ['/other', '/data', true],
        ['/srv', '/srv', false],
      ],
    )
    assert.deepEqual(web?.security?.addCapabilities, ['CAP_NET_ADMIN', 'CAP_CHOWN'])
    assert.deepEqual(web?.dependsOn, ['db', 'cache'])
    assert.deepEqual(web?.conditions, { cache: 'service_healthy' })
    assert.deepEqual(
      db?.ports.map(({ hostPort }) => hostPort),
      [91],
    )
    assert.equal(db?.tmpfs, undefined)
    assert.equal(cache?.name, 'cache')
  })

  it('has services that extend others, of the file and of another one', () => {
    const { project, problems } = parseShop({
      'shop.yaml': `
services:
  web:
    extends: { file: parts/base.yaml, service: web }
    environment: { B: own }
  second: { extends: web, image: second }
`,
      'parts/base.yaml': `
services:
  web:
    extends: common
    image: web
  common: { image: none, env_file: base.env, restart: always }
`,
      'parts/base.env': 'A=base\nB=base\n',
    })
    assert.deepEqual(problems, [])
    assert.deepEqual(
      project?.services.map(({ image, environment, restart }) => [
        image,
        environment,
        restart.name,
      ]),
      [
        ['web', { A: 'base', B: 'own' }, 'always'],
        ['second', { A: 'base', B: 'own' }, 'always'],
      ],
    )
  })

  it('has the resources of those that it includes, with variables of their own', () => {
    const { project, problems } = parseShop({
      '.env': 'TAG=outer\n',
      'shop.yaml': `
include:
  - parts/db.yaml
  - { path: [parts/cache.yaml, parts/more.yaml], env_file: parts/cache.env }
services: { web: { image: "web:\${TAG}", depends_on: [db] } }
`,
      'parts/.env': 'TAG=inner\nDB=own\n',
      'parts/db.yaml':
        'services: {db: {image: "db:${TAG}", hostname: "${DB}", volumes: ["d:/d"]}}\nvolumes: {d: }',
      'parts/cache.yaml': 'services: {cache: {image: "cache:${SIZE}"}}',
      'parts/more.yaml': 'services: {cache: {hostname: more}}',
      'parts/cache.env': 'SIZE=big\n',
    })
    assert.deepEqual(problems, [])
    assert.deepEqual(
      project?.services.map(({ project: owner, image, hostname }) => [owner, image, hostname]),
      [
        ['shop', 'web:outer', undefined],
        ['shop', 'db:outer', 'own'],
        ['shop', 'cache:big', 'more'],
      ],
    )
  })

  it('has the services of profiles only where COMPOSE_PROFILES names them', () => {
    const file = `
services:
  web: { image: web }
  tools: { image: tools, profiles: [debug, dev] }
`
    const names = (env: string) =>
      parseShop({ '.env': env, 'shop.yaml': file }).project?.services.map(({ name }) => name)
    assert.deepEqual(names(''), ['web'])
    assert.deepEqual(names('COMPOSE_PROFILES=other, dev\n'), ['web', 'tools'])
    assert.deepEqual(names('COMPOSE_PROFILES=*\n'), ['web', 'tools'])
  })

  it('gives configs and secrets by their digests, and keeps what is in them apart', () => {
    const { project, problems } = parseShop({
      '.env': 'TOKEN=hush-from-env\n',
      'password.txt': 'hush-from-file\n',
      'shop.yaml': `
services:
  web:
    image: web
    configs: [page, { source: page, target: /srv/page, uid: "5", gid: "6", mode: 0440 }]
    secrets: [password, { source: token, target: renamed }]
configs: { page: { content: "hello \${TOKEN:+there}" } }
secrets: { password: { file: ./password.txt }, token: { environment: TOKEN } }
`,
    })
    assert.deepEqual(problems, [])
    const files = project?.services[0]?.files ?? []
    assert.deepEqual(
      files.map(({ target, uid, gid, mode, digest }) => [
        ...[target, uid, gid, mode],
        project?.contents?.get(digest)?.toString('utf8'),
      ]),
      [
        ['/page', 0, 0, 0o444, 'hello there'],
        ['/srv/page', 5, 6, 0o440, 'hello there'],
        ['/run/secrets/password', 0, 0, 0o444, 'hush-from-file\n'],
        ['/run/secrets/renamed', 0, 0, 0o444, 'hush-from-env'],
      ],
    )
    assert.doesNotMatch(JSON.stringify(project), /hush/)
  })

  it('takes relative paths of mounts as beside the file, and file systems in memory', () => {
    const { project, problems } = parseShop({
      'shop.yaml': `
services:
  web:
    image: web
    volumes:
      - ./page:/page:ro
      - { type: tmpfs, target: /cache, tmpfs: { size: 1m, mode: 0700 } }
      - { type: volume, source: data, target: /data, volume: { nocopy: true } }
    devices: [{ source: /dev/fuse, permissions: r }]
    annotations: { com.example: "1" }
volumes: { data: { name: shared, labels: { keep: "1" } } }
`,
    })
    assert.deepEqual(problems, [])
    const service = project?.services[0]
    assert.partialDeepStrictEqual(service?.mounts, [
      { type: 'bind', source: at('page'), readOnly: true },
      { type: 'volume', source: 'shared', labels: { keep: '1' }, noCopy: true },
    ])
    assert.deepEqual(service?.tmpfs, { '/cache': 'size=1048576,mode=0700' })
    assert.deepEqual(service?.devices, [
      { hostPath: '/dev/fuse', containerPath: '/dev/fuse', access: 'r' },
    ])
    assert.deepEqual(service?.annotations, { 'com.example': '1' })
  })

  for (const [what, files, expected] of [
    [
      'a ring of includes',
      { 'shop.yaml': 'include: [a.yaml]\nservices: {}', 'a.yaml': 'include: [./shop.yaml]' },
      `${at('a.yaml')}:1:11: include[0]: the files include each other: ${at('shop.yaml')} → ${at('a.yaml')} → ${at('shop.yaml')}`,
    ],
    [
      'services that extend each other',
      { 'shop.yaml': 'services: {a: {extends: b}, b: {extends: {service: a}}}' },
      `${at('shop.yaml')}:1:16: services.a.extends: the services extend each other: ${at('shop.yaml')} a → ${at('shop.yaml')} b → ${at('shop.yaml')} a`,
    ],
    [
      'a service to extend that is not there',
      { 'shop.yaml': 'services: {a: {extends: weg}, web: {image: b}}' },
      `${at('shop.yaml')}:1:25: services.a.extends: there is no such service; did you mean "web"?`,
    ],
    [
      'a way out of the directory',
      { 'shop.yaml': 'include: [../../shadow]\nservices: {}' },
      `${at('shop.yaml')}:1:11: include[0]: cannot read /etc/shadow: it is not in the directory /etc/slipway/compose`,
    ],
    [
      'a secret outside of the directory',
      { 'shop.yaml': 'services: {}\nsecrets: {a: {file: /etc/shadow}}' },
      `${at('shop.yaml')}:2:21: secrets.a.file: cannot read /etc/shadow: it is not in the directory /etc/slipway/compose`,
    ],
    [
      'a secret that a swarm would keep',
      { 'shop.yaml': 'services: {}\nsecrets: {a: {external: true}}' },
      `${at('shop.yaml')}:2:15: secrets.a.external: there is no swarm that would keep it: say where its content is, by file or environment`,
    ],
    [
      'a config that nobody declares',
      { 'shop.yaml': 'services: {a: {image: b, configs: [pgae]}}\nconfigs: {page: {content: x}}' },
      `${at('shop.yaml')}:1:36: services.a.configs[0]: pgae is not declared under the top-level key configs; did you mean "page"?`,
    ],
    [
      'an environment file that is not there',
      { 'shop.yaml': 'services: {a: {image: b, env_file: x.env}}' },
      `${at('shop.yaml')}:1:36: services.a.env_file: cannot read ${at('x.env')}: it is not there`,
    ],
    [
      'a mistake in an environment file',
      { 'shop.yaml': 'services: {a: {image: b, env_file: x.env}}', 'x.env': 'A=1\n!\n' },
      `${at('x.env')}:2:1: expected NAME=value`,
    ],
    [
      'a mistake of a file that is included, at its place there',
      { 'shop.yaml': 'include: [b.yaml]\nservices: {}', 'b.yaml': 'services:\n  db: {imgae: x}' },
      `${at('b.yaml')}:2:8: services.db.imgae: unknown key; did you mean "image"?`,
    ],
    [
      'two services of one name',
      {
        'shop.yaml': 'include: [b.yaml]\nservices: {db: {image: a}}',
        'b.yaml': 'services: {db: {image: b}}',
      },
      `${at('shop.yaml')}:2:12: services.db: ${at('b.yaml')}, which is included, has another one of this name`,
    ],
    [
      'a dependency that is switched off',
      {
        'shop.yaml': 'services: {a: {image: b, depends_on: [c]}, c: {image: b, profiles: [extra]}}',
      },
      `${at('shop.yaml')}:1:39: services.a.depends_on[0]: the profiles of the service c are switched off`,
    ],
    [
      'aliases that would make a great many values',
      {
        'shop.yaml': `services: {}\nvolumes:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
          { length: 6 },
          (_, n) =>
            `  a${n + 1}: &a${n + 1} [${Array.from({ length: 10 }, () => `*a${n}`).join(', ')}]`,
        ).join('\n')}\n`,
      },
      `${at('shop.yaml')}:1:1: its aliases make more than 100000 values`,
    ],
    [
      'a policy that would build an image',
      { 'shop.yaml': 'services: {a: {image: b, pull_policy: build}}' },
      `${at('shop.yaml')}:1:39: services.a.pull_policy: images are not built on the host: push one to a registry`,
    ],
    [
      'an image for another platform',
      { 'shop.yaml': 'services: {a: {image: b, platform: linux/s390x}}' },
      `${at('shop.yaml')}:1:36: services.a.platform: the host is linux/amd64, and runs no images of other platforms, found "linux/s390x"`,
    ],
  ] as const)
    it(`refuses ${what}`, () => {
      const { project, problems } = parseShop(files)
      assert.equal(project, undefined)
      assert.equal(problems[0], expected)
    })
})
