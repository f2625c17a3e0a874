// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own syntax

/** Compose files with what belongs to them, by what is tried with them: `shop.yaml` is the project. */
export const compositions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'of variables, with defaults, other texts and each other': {
    '.env': 'TAG=3\nEMPTY=\nFLAG=true\nPORT=8080\n',
    'shop.yaml': `
services:
  web:
    image: web:\${TAG}
    privileged: \${FLAG}
    ports: ["\${PORT}:80"]
    environment:
      A: "$TAG-\${TAG}"
      B: \${NONE:-default} \${EMPTY:-default} \${EMPTY-default}
      C: \${TAG:+set} \${NONE:+set}. \${EMPTY+set}
      D: \${NONE:-\${OTHER:-\${TAG}}}
      E: $\${TAG} costs 5$$
      TAG:
`,
  },
  'of files with variables': {
    '.env': 'HOST=h1\n',
    'one.env': `# comment
A=1
export B=two words # not this
C="a # \\"quoted\\"\\nline"
D='$HOST is not read'
E=$HOST-\${A}-\${NONE:-none}
G="over
two lines"
H=
I=a#b
HOST
`,
    'two.env': 'A=second\nJ=${E}\n',
    'shop.yaml': `
services:
  web: { image: web, env_file: [one.env, { path: gone.env, required: false }], environment: { B: own } }
  both: { image: web, env_file: [one.env, { path: two.env }] }
  plain: { image: web, env_file: one.env, environment: [HOST, K=1] }
`,
  },
  'of anchors, merge keys and keys of others': {
    'shop.yaml': `
x-common: &common
  restart: unless-stopped
  environment: &environment { A: "1", B: "2" }
  labels: [one=1]
x-more: &more { hostname: more, labels: [two=2] }
services:
  web: { <<: *common, image: web, x-own: { y: 1 } }
  both: { <<: [*more, *common], image: web, environment: { <<: *environment, B: "3" } }
`,
  },
  'of a file over another one': {
    'shop.yaml': `
services:
  web:
    image: web:1
    command: [a, b]
    entrypoint: /start
    environment: [A=1, B=2]
    labels: { x: "1", y: "1" }
    ports: ["80:80", "127.0.0.1:81:81/udp"]
    expose: ["1"]
    volumes: ["data:/data", "/srv:/srv:ro"]
    cap_add: [NET_ADMIN]
    dns: 192.0.2.1
    dns_search: [a.example]
    tmpfs: /run
    depends_on: [db]
    healthcheck: { test: [CMD, a], interval: 5s }
    logging: { driver: json-file, options: { max-size: 1m } }
    deploy: { resources: { limits: { memory: 64m, pids: 10 } } }
    sysctls: { net.core.somaxconn: "1" }
    ulimits: { nproc: 10, nofile: { soft: 5, hard: 6 } }
    networks: [front]
    extra_hosts: ["a=192.0.2.9"]
    security_opt: ["no-new-privileges:true"]
  db: { image: db, logging: { driver: json-file, options: { max-size: 1m } } }
networks: { front: }
volumes: { data: }
`,
    'shop.override.yaml': `
services:
  web:
    image: web:2
    command: c d
    environment: { B: "3", C: "4" }
    labels: ["y=2", "z=3"]
    ports: ["82:82", "80:80"]
    expose: ["2"]
    volumes: ["other:/data", "/tmp:/tmp"]
    cap_add: [CHOWN]
    dns: [192.0.2.2]
    dns_search: b.example
    tmpfs: [/cache]
    depends_on: { cache: { condition: service_healthy, restart: true } }
    healthcheck: { test: "b", retries: 2 }
    logging: { options: { max-file: "2" } }
    deploy: { resources: { limits: { memory: 128m }, reservations: { memory: 32m } } }
    sysctls: [net.ipv4.ip_forward=1]
    ulimits: { nofile: { soft: 7, hard: 8 } }
    networks: { back: { aliases: [w] }, front: { aliases: [v] } }
    extra_hosts: { b: 192.0.2.10 }
    mem_reservation: 32m
  db: { logging: { driver: journald } }
  cache: { image: cache, healthcheck: { test: [CMD, x] } }
networks: { back: { internal: true } }
volumes: { other: { labels: { a: "1" } } }
`,
  },
  'of a file that takes away and replaces': {
    'shop.yaml': `
services:
  web:
    image: web
    environment: { A: "1", B: "2" }
    ports: ["80:80"]
    volumes: ["/a:/a"]
    command: [a]
  db: { image: db, ports: ["90:90"], labels: { x: "1" } }
`,
    'shop.override.yaml': `
services:
  web:
    environment: { A: !reset null }
    ports: !override ["81:81"]
    volumes: !reset []
  db: { ports: !reset [], labels: !override { y: "2" } }
`,
  },
  'of services that extend others of the file': {
    'shop.yaml': `
services:
  base: { image: base, environment: { A: "1", B: "2" }, volumes: ["/a:/a"] }
  web: { extends: { service: base }, environment: [B=3], ports: ["80:80"] }
  last: { extends: web, image: last, ports: !override ["81:81"], command: [x] }
`,
  },
  'of services that extend others of another file': {
    'parts/base.yaml': `
services:
  web: { extends: { service: common }, image: web, volumes: ["./page:/page"] }
  common: { image: none, env_file: base.env, restart: always, ports: ["80:80"] }
`,
    'parts/base.env': 'A=base\nB=base\n',
    'shop.yaml': `
services:
  web: { extends: { file: parts/base.yaml, service: web }, environment: { B: own }, ports: ["81:81"] }
`,
  },
  'of files that it includes': {
    '.env': 'TAG=outer\n',
    'parts/db/.env': 'TAG=inner\nDB=own\n',
    'parts/db/db.yaml': `
services: { db: { image: "db:\${TAG}", hostname: "\${DB}", volumes: ["data:/d", "./conf:/conf"], networks: [back] } }
volumes: { data: }
networks: { back: }
`,
    'shop.yaml': `
include: [parts/db/db.yaml]
services: { web: { image: "web:\${TAG}", depends_on: [db], networks: [back, default] } }
`,
  },
  'of files that it includes in the long form, one over the other': {
    'parts/cache.yaml':
      'services: {cache: {image: "cache:${SIZE}", env_file: x.env, ports: ["1:1"]}}',
    'parts/more.yaml': 'services: {cache: {hostname: more, ports: ["2:2"]}}',
    'parts/cache.env': 'SIZE=big\n',
    'parts/x.env': 'X=1\n',
    'parts/inner.yaml': 'include: [deep/deep.yaml]\nservices: {inner: {image: i}}',
    'parts/deep/deep.yaml': 'services: {deep: {image: d, volumes: ["./here:/here"]}}',
    'shop.yaml': `
include:
  - { path: [parts/cache.yaml, parts/more.yaml], env_file: parts/cache.env }
  - path: parts/inner.yaml
services: { web: { image: web } }
`,
  },
  'of profiles': {
    '.env': 'COMPOSE_PROFILES=debug,extra\n',
    'shop.yaml': `
services:
  web: { image: web }
  tools: { image: tools, profiles: [debug], depends_on: [web] }
  other: { image: other, profiles: [else] }
`,
  },
  'of configs and secrets': {
    '.env': 'TOKEN=hush\n',
    'password.txt': 'secret\n',
    'page.html': 'page\n',
    'shop.yaml': `
services:
  web:
    image: web
    configs: [page, { source: text, target: /etc/text, uid: "5", gid: "6" }]
    secrets: [password, { source: token, target: other }]
configs: { page: { file: ./page.html }, text: { content: "a \${TOKEN}" } }
secrets: { password: { file: password.txt }, token: { environment: TOKEN } }
`,
  },
  'of services in the namespaces of others': {
    'shop.yaml': `
services:
  vpn: { image: vpn, ipc: shareable }
  web: { image: web, network_mode: "service:vpn", pid: "service:vpn", ipc: "service:vpn" }
  other: { image: other, network_mode: "container:elsewhere" }
`,
  },
  'of all that a service may have': {
    'shop.yaml': `
services:
  web:
    image: registry.example:5000/web:1
    container_name: own
    hostname: a
    domainname: example
    user: "1:1"
    working_dir: /srv
    group_add: [video, "44"]
    read_only: true
    tty: true
    init: true
    stdin_open: true
    stop_signal: SIGINT
    stop_grace_period: 1m30s
    shm_size: 64m
    mem_limit: 256m
    memswap_limit: 512m
    cpus: 0.5
    cpu_shares: 512
    cpuset: "0"
    pids_limit: 50
    oom_score_adj: 5
    devices: ["/dev/fuse", "/dev/null:/dev/zip:r"]
    cap_drop: [ALL]
    annotations: { a: b }
    ports: [{ target: 80, published: "8080", host_ip: 127.0.0.1, protocol: udp }, "90-91:90-91"]
    volumes:
      - { type: tmpfs, target: /cache, tmpfs: { size: 1048576 } }
      - { type: volume, source: data, target: /data, volume: { nocopy: true } }
      - { type: bind, source: ./here, target: /here, read_only: true }
    healthcheck: { test: curl x, interval: 1m30s, timeout: 5s, start_period: 1s, retries: 3 }
    restart: on-failure:3
    deploy: { update_config: { order: stop-first, monitor: 3s } }
    networks: { default: { aliases: [x], ipv4_address: 10.9.0.5, mac_address: 02:42:0a:09:00:99 } }
volumes: { data: { name: shared } }
networks: { default: { ipam: { config: [{ subnet: 10.9.0.0/24 }] }, labels: { a: "1" } } }
`,
  },
}
