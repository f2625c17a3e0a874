import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

/** A shop with a data base that takes its time, a page, workers, a job, and tools that nobody starts unasked. */
const project = `
name: shop
services:
  db:
    image: 127.0.0.1:5000/test/busybox:1
    command: [sh, -c, "sleep 1; echo ready > /data/state; exec sleep 1000"]
    volumes: ["data:/data"]
    networks: [back]
    stop_grace_period: 100ms
    healthcheck: { test: [CMD, cat, /data/state], interval: 300ms, retries: 30 }
  web:
    image: 127.0.0.1:5000/test/busybox:1
    depends_on: { db: { condition: service_healthy }, job: { condition: service_completed_successfully } }
    networks: { front: { aliases: [shop.example] }, back: {} }
    ports: ["127.0.0.1:8080:80"]
    environment: { MODE: "\${MODE:-plain}" }
    stop_grace_period: 100ms
    labels: { team: shop }
    configs: [{ source: page, target: /www/config.html }]
  job:
    image: 127.0.0.1:5000/test/busybox:1
    command: [echo, job done]
    networks: [back]
  worker:
    image: 127.0.0.1:5000/test/busybox:1
    command: [sh, -c, "echo works; exec sleep 1000"]
    networks: [back]
    depends_on: [web]
    stop_grace_period: 100ms
  side:
    image: 127.0.0.1:5000/test/busybox:1
    command: [sleep, "1000"]
    network_mode: service:web
    pid: service:web
    depends_on: [web]
    stop_grace_period: 100ms
  tools:
    image: 127.0.0.1:5000/test/busybox:1
    command: [sleep, "1000"]
    profiles: [tools]
    stop_grace_period: 100ms
networks:
  front: {}
  back: { internal: true }
volumes:
  data: { labels: { keep: "no" } }
configs:
  page: { file: ./page.html }
`

describe('the Compose plugin says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
    for (const engine of [engines.docker, engines.slipway]) {
      await engine.run('true')
      await writeFile(join(engine.directory, 'compose.yaml'), project)
      await writeFile(join(engine.directory, 'page.html'), 'configured\n')
    }
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)
  const compose = (line: string) => `docker compose ${line}`
  // Several services are worked on at a time: the order of what is told is luck.
  const sorted = (line: string) => `docker compose ${line} 2>&1 | sort`

  it('when a project is brought up, in the order of its dependencies', () =>
    same(
      compose('config --services | sort'),
      sorted('up --detach'),
      sorted('up --detach --wait'),
      'docker compose ps --all --format "{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}" | sort',
      compose('ps web db'),
      'docker ps --filter label=com.docker.compose.project=shop --format "{{.Names}} {{.Status}}" | sort',
      'docker network ls --filter label=com.docker.compose.project=shop --format "{{.Name}} {{.Driver}} {{.Scope}}" | sort',
      'docker volume ls --format "{{.Name}} {{.Driver}}"',
      'docker volume inspect --format "{{json .Labels}}" shop_data',
      compose('ls --filter name=shop'),
      compose('images web'),
      compose('port web 80'),
    ))

  it('when its logs are read', () =>
    same(
      compose('logs --no-log-prefix job'),
      sorted('logs job worker'),
      compose('logs --tail 0 worker'),
      compose('logs nosuch'),
    ))

  it('when commands are run in it', () =>
    same(
      compose('exec -T web cat /www/config.html'),
      compose('exec -T worker busybox wget -q -O - http://web/index.html'),
      compose('exec -T db cat /data/state'),
      compose('exec -T side busybox wget -q -O - http://127.0.0.1/index.html'),
      compose('exec -T side sh -c "hostname | wc -c; readlink /proc/1/exe"'),
      compose('exec -T --env A=1 --user web --workdir /www web sh -c "id; echo \\$A; ls"'),
      'echo in | docker compose exec -T web cat',
      compose('exec -T web sh -c "exit 3"'),
      compose('exec -T nosuch true'),
      'docker compose run --rm -T --no-deps worker echo once 2> /dev/null',
      'docker compose run --rm -T --no-deps --env A=2 --entrypoint sh worker -c "echo \\$A; exit 4" 2> /dev/null',
      'echo in | docker compose run --rm -T --no-deps worker cat 2> /dev/null',
      sorted('cp page.html web:/www/copied.html'),
      compose('exec -T web cat /www/copied.html'),
      'docker ps --all --filter label=com.docker.compose.oneoff=True --quiet',
    ))

  it('when it changes', () =>
    same(
      sorted('up --detach --scale worker=3'),
      'docker compose ps --format "{{.Name}} {{.State}}" | sort',
      'MODE=other docker compose up --detach 2>&1 | grep "web-1" | sort --unique',
      compose('exec -T web sh -c "echo \\$MODE"'),
      sorted('up --detach --force-recreate --no-deps --scale worker=1 worker'),
      sorted('--profile tools up --detach tools'),
      'docker compose --profile tools ps --format "{{.Name}} {{.State}}" | sort',
      sorted('restart worker'),
      sorted('stop web'),
      compose('ps --all --format "{{.State}} {{.ExitCode}}" worker'),
      sorted('start web'),
      sorted('pause worker'),
      compose('ps --format "{{.State}}" worker'),
      sorted('unpause worker'),
      sorted('kill worker'),
      sorted('rm --force worker'),
      sorted('create worker'),
      'docker compose pull --quiet web; echo $?',
      'docker compose wait job; echo $?',
    ))

  it('when it is taken down', () =>
    same(
      sorted('--profile tools down --remove-orphans --timeout 1'),
      'docker volume ls --quiet',
      sorted('--profile tools down --volumes'),
      compose('ps --all'),
      compose('ls --all --filter name=shop'),
      'docker volume ls --quiet',
      'docker network ls --format "{{.Name}}"',
      sorted('down'),
    ))
})
