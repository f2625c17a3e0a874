import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Container } from './containers/container.ts'
import { serveBusybox } from './testing/busybox-image.ts'
import { eventually, World } from './testing/world.ts'

const page = 'hello from the container\n'

async function setUp(context: TestContext): Promise<{ world: World; image: string }> {
  const world = await World.open(context)
  return { world, image: await serveBusybox(world) }
}

const webService = (image: string, port = 8080) => `
services:
  web:
    image: ${image}
    restart: always
    ports: ["${port}:80"]
`

async function answers(world: World, port = 8080): Promise<void> {
  await eventually(`port ${port} answers`, async () => {
    return (await world.get(`http://127.0.0.1:${port}/`)) === page
  })
}

/** Containers that note in a volume when they start, which signal they get, and when they end. */
const shopInOrder = (image: string) => {
  const service = (name: string, signal: string | number, more: string, exit = 'exit 7') => `
  ${name}:
    image: ${image}
    volumes: ["notes:/notes"]
    command:
      - sh
      - -c
      - |
        note() { echo "${name} $$1" >> /notes/notes; }
        trap 'note "got ${signal}"; ${exit}' ${signal}
        note started
        while true; do sleep 1 & wait $$!; done
    ${more}
`
  const end = 'sleep 0.3; note ends; exit 7'
  return `services:
${service('web', 'INT', 'stop_signal: SIGINT\n    depends_on: [api]', end)}
${service('api', 37, 'stop_signal: RTMIN+3\n    depends_on: [db]', end)}
${service('db', 'USR1', 'stop_signal: USR1', end)}
${service('other', 'TERM', 'stop_grace_period: 500ms', 'true')}
volumes: { notes: }
`
}

/** Waits until all of these lines are in the file of notes. */
async function noted(file: string, lines: readonly string[]): Promise<void> {
  await eventually(`noted: ${lines.join(', ')}`, async () => {
    const notes = (await readFile(file, 'utf8').catch(() => '')).split('\n')
    return lines.every((line) => notes.includes(line))
  })
}

type Inspected = {
  readonly Id: string
  readonly RestartCount: number
  readonly State: {
    readonly Status: string
    readonly Pid: number
    readonly ExitCode: number
    readonly StartedAt: string
  }
}

async function inspect(world: World, name: string): Promise<Inspected> {
  const { status, stdout, stderr } = await world.slipctl('inspect', name)
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Inspected
}

async function ended(world: World, name: string): Promise<Inspected> {
  await eventually(`${name} ended`, async () => {
    const { status, stdout } = await world.slipctl('inspect', name)
    return status === 0 && (JSON.parse(stdout) as Inspected).State.Status === 'exited'
  })
  return await inspect(world, name)
}

describe('the supervisor', () => {
  it('runs a declared container that answers on its published port, and shows it', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', webService(image))
    await world.startSupervisor()
    await answers(world)
    const { stdout } = await world.slipctl('ps')
    assert.match(stdout, /shop-web-1 .* Up .* 0\.0\.0\.0:8080->80\/tcp/)
    assert.equal((await world.slipctl('status')).status, 0)
  })

  it("keeps a job's exit code and output", async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'job.yaml',
      `services: { job: { image: "${image}", command: [sh, -c, "echo out; echo err >&2; exit 3"] } }`,
    )
    await world.startSupervisor()
    const { State } = await ended(world, 'job-job-1')
    assert.equal(State.ExitCode, 3)
    const logs = await world.slipctl('logs', 'job-job-1')
    assert.deepEqual([logs.stdout, logs.stderr], ['out\n', 'err\n'])
    assert.match((await world.slipctl('ps', '--all')).stdout, /Exited \(3\)/)
    assert.doesNotMatch((await world.slipctl('ps')).stdout, /job-job-1/)
  })

  it('is not needed by a container that runs, and the next one adopts it', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', webService(image))
    const first = await world.startSupervisor()
    await answers(world)
    const before = await inspect(world, 'shop-web-1')
    await first.kill('SIGKILL')
    assert.equal(await world.get('http://127.0.0.1:8080/'), page)
    const refused = await world.slipctl('ps')
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /SLIPWAY_SUPERVISOR_UNREACHABLE/)

    const second = await world.startSupervisor()
    await second.said(/adopted container shop-web-1/)
    assert.deepEqual(await inspect(world, 'shop-web-1'), before)
    await second.kill('SIGTERM')
    assert.equal(await world.get('http://127.0.0.1:8080/'), page)
  })

  it('starts what died while no supervisor was there', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', webService(image))
    const first = await world.startSupervisor()
    await answers(world)
    const { Id, State } = await inspect(world, 'shop-web-1')
    await first.kill('SIGKILL')
    await world.run('busybox', 'kill', '-9', String(State.Pid))
    const second = await world.startSupervisor()
    await second.said(/ended with exit code 137/)
    await answers(world)
    assert.equal((await inspect(world, 'shop-web-1')).Id, Id, second.words)
  })

  it('looks after the others when it cannot clear away what one has left', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'job.yaml',
      `services: { job: { image: "${image}", command: [sh, -c, exit 0] } }`,
    )
    const first = await world.startSupervisor()
    await first.said(/started container job-job-1/)
    const ended = async () => /exited/i.test((await world.slipctl('ps', '--all')).stdout)
    await eventually('the job has ended', ended)
    const { stdout } = await world.slipctl('inspect', 'job-job-1')
    const [, id] = /"Id":\s*"([0-9a-f]{64})"/.exec(stdout) ?? []
    assert.ok(id, stdout)
    await first.kill('SIGTERM')
    const bundle = join(world.directory, 'run/containers', id)
    const { status, stderr } = await world.run(
      'sh',
      ...['-c', `mkdir -p ${bundle}/busy && mount -t tmpfs none ${bundle}/busy`],
    )
    assert.equal(status, 0, stderr)
    await world.declare('web.yaml', webService(image))
    const second = await world.startSupervisor()
    await second.said(/job-job-1: what it left behind: .*EBUSY/)
    await answers(world)
  })

  it('restarts a container that crashes, as often as its policy says', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'crash.yaml',
      `services: { crash: { image: "${image}", command: [sh, -c, "exit 7"], restart: "on-failure:2" } }`,
    )
    const supervisor = await world.startSupervisor()
    await eventually('it gave up', async () => {
      return supervisor.words.match(/ended with exit code 7/g)?.length === 3
    })
    const { RestartCount, State } = await ended(world, 'crash-crash-1')
    assert.deepEqual([RestartCount, State.ExitCode], [2, 7])
  })

  it('reports a file with mistakes, keeps what it ran, and goes on with the others', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', webService(image))
    await world.startSupervisor()
    await answers(world)
    await world.declare('shop.yaml', webService(image).replace('restart', 'restrat'))
    await world.declare('other.yaml', webService(image, 8081))
    await answers(world, 8081)
    await eventually('the mistake is reported', async () => {
      const { status, stdout } = await world.slipctl('status')
      return status === 1 && /shop\.yaml:5:5: .*did you mean "restart"/.test(stdout)
    })
    assert.equal(await world.get('http://127.0.0.1:8080/'), page)
  })

  it('says which port is in use, and starts the container when it is free', async (context) => {
    const { world, image } = await setUp(context)
    const occupied = world.run('busybox', 'nc', '-l', '-p', '8080')
    await eventually('the port is taken', async () => {
      return / [0-9A-F]+:1F90 [0-9A-F:]+ 0A /.test(
        (await world.run('cat', '/proc/net/tcp', '/proc/net/tcp6')).stdout,
      )
    })
    await world.declare('shop.yaml', webService(image))
    const supervisor = await world.startSupervisor()
    await supervisor.said(/port 0\.0\.0\.0:8080\/tcp of the host is in use/)
    assert.match((await world.slipctl('status')).stdout, /shop\/web: startContainer: .* in use/)
    await world.run('busybox', 'sh', '-c', 'busybox nc 127.0.0.1 8080 < /dev/null')
    await occupied
    await answers(world)
  })

  it('tells that an image cannot be pulled, and runs the rest', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', webService(image))
    await world.declare('lost.yaml', 'services: { lost: { image: "127.0.0.1:1/no/image" } }')
    const supervisor = await world.startSupervisor()
    await answers(world)
    await supervisor.said(/lost\/lost: pullImage failed/)
  })

  it('replaces a container whose declaration changed, and leaves nothing of one that went', async (context) => {
    const { world, image } = await setUp(context)
    // A shell that waits as PID 1 would ignore SIGTERM for ten seconds.
    const quick = (port: number) =>
      `${webService(image, port)}    command: [sh, -c, "trap 'exit 0' TERM; httpd -f -p 80 -h /www & wait"]\n`
    await world.declare('shop.yaml', quick(8080))
    const supervisor = await world.startSupervisor()
    await answers(world)
    const { Id } = await inspect(world, 'shop-web-1')
    await world.declare('shop.yaml', quick(8081))
    await answers(world, 8081)
    await supervisor.said(/removed container/)
    await eventually('the new one is in its place', async () => {
      const { status, stdout } = await world.slipctl('inspect', 'shop-web-1')
      return status === 0 && (JSON.parse(stdout) as Inspected).Id !== Id
    })
    assert.equal(await world.get('http://127.0.0.1:8080/'), undefined)

    await rm(join(world.directory, 'compose/shop.yaml'))
    await supervisor.said(/(removed container[\s\S]*){2}/)
    await eventually(
      'it has left its networks',
      async () => (await readdir(join(world.directory, 'run/leaving'))).length === 0,
    )
    for (const name of ['state/containers', 'run/containers', 'run/netns', 'run/exits'])
      assert.deepEqual(await readdir(join(world.directory, name)), [], name)
    const mounts = (await world.run('cat', '/proc/self/mountinfo')).stdout
    assert.doesNotMatch(mounts, /state\/containers|run\/netns/)
    assert.doesNotMatch((await world.run('nft', 'list', 'ruleset')).stdout, /dport 808/)
  })

  it('starts its containers again after a reboot, with what they wrote, without a registry', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'shop.yaml',
      `${webService(image)}    command: [sh, -c, "echo again >> /www/boots; exec httpd -f -p 80 -h /www"]\n`,
    )
    await world.startSupervisor()
    await answers(world)
    const { Id } = await inspect(world, 'shop-web-1')
    const next = await world.reboot()
    const record = join(next.directory, 'state/containers', Id, 'container.json')
    const container = JSON.parse(await readFile(record, 'utf8')) as Container
    const state = { ...container.state, bootId: 'an earlier boot' }
    await writeFile(record, JSON.stringify({ ...container, state }))
    await next.startSupervisor()
    await answers(next)
    assert.equal((await inspect(next, 'shop-web-1')).Id, Id)
    assert.equal(await next.get('http://127.0.0.1:8080/boots'), 'again\nagain\n')
  })

  it('stops its containers for a shutdown by their own signals, dependants first, and starts them after it', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare('shop.yaml', shopInOrder(image))
    const first = await world.startSupervisor()
    const notes = join(world.directory, 'state/volumes/shop_notes/_data/notes')
    await noted(notes, ['db started', 'api started', 'web started', 'other started'])
    await writeFile(notes, '')
    const { status, stderr } = await world.hostCommand('stop-containers')
    assert.equal(status, 0, stderr)
    const lines = (await readFile(notes, 'utf8')).trim().split('\n')
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('other')),
      ['web got INT', 'web ends', 'api got 37', 'api ends', 'db got USR1', 'db ends'],
    )
    // It has nothing to do with the others, and is killed half a second after its signal.
    assert.ok(lines.includes('other got TERM'))
    await first.said(/other-1 did not end within 0\.\d s of SIGTERM and was killed/)
    await first.said(/all containers have ended/)
    assert.equal((await ended(world, 'shop-db-1')).State.ExitCode, 7)
    await first.kill('SIGTERM')
    assert.doesNotMatch(first.words, /keep running/)

    const next = await world.reboot()
    await writeFile(notes, '')
    const second = await next.startSupervisor()
    await noted(notes, ['db started', 'api started', 'web started', 'other started'])
    assert.doesNotMatch(second.words, /pulling/)
    const order = (await readFile(notes, 'utf8')).split('\n').filter((line) => !/other/.test(line))
    assert.deepEqual(order.slice(0, 3), ['db started', 'api started', 'web started'])
  })

  it('hurries when the time for a shutdown is up, and says who was left', async (context) => {
    const { world, image } = await setUp(context)
    const deaf = `command: [sh, -c, "trap '' TERM; while true; do sleep 1; done"]`
    const quick = `command: [sh, -c, "trap 'exit 5' TERM; while true; do sleep 1; done"]`
    await world.declare(
      'shop.yaml',
      `services:
  db: { image: "${image}", ${quick}, stop_grace_period: 10m }
  web: { image: "${image}", ${deaf}, stop_grace_period: 10m, depends_on: [db] }
`,
    )
    const supervisor = await world.startSupervisor()
    await supervisor.said(/started container shop-web-1/)
    const asking = world.startHostCommand('stop-containers')
    await supervisor.said(/stopping container shop-web-1/)
    await asking.kill('SIGTERM')
    await supervisor.said(/time to stop containers is up, these are left: shop-\w+-1, shop-\w+-1/)
    await supervisor.said(/shop-web-1 did not end within .* and was killed/)
    await supervisor.said(/all containers have ended/)
    assert.equal((await inspect(world, 'shop-db-1')).State.ExitCode, 5)
  })

  it('gives a new volume what the image has there, and keeps it', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'shop.yaml',
      `${webService(image)}    volumes: ["pages:/www", "/etc:/host:ro"]\nvolumes: { pages: }\n`,
    )
    await world.startSupervisor()
    await answers(world)
    const volume = join(world.directory, 'state/volumes/shop_pages/_data')
    await writeFile(join(volume, 'more'), 'more\n')
    assert.equal(await world.get('http://127.0.0.1:8080/more'), 'more\n')
  })

  it('starts a service when those before it are healthy or have done their work', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'shop.yaml',
      `services:
  migration:
    image: ${image}
    volumes: ["notes:/notes"]
    command: [sh, -c, "sleep 1; echo migrated >> /notes/notes"]
  db:
    image: ${image}
    volumes: ["notes:/notes"]
    tmpfs: /ready
    command: [sh, -c, "sleep 1; echo healthy >> /notes/notes; touch /ready/now; sleep 1000"]
    stop_grace_period: 100ms
    healthcheck: { test: test -e /ready/now, interval: 200ms, retries: 100 }
  web:
    image: ${image}
    volumes: ["notes:/notes"]
    hostname: shop.example
    user: "0:1000"
    read_only: true
    cap_drop: [ALL]
    command: [sh, -c, "echo web on $$(hostname) as $$(id -g), $$(grep CapEff /proc/self/status | tr -d '\t') >> /notes/notes; sleep 1000"]
    stop_grace_period: 100ms
    depends_on:
      migration: { condition: service_completed_successfully }
      db: { condition: service_healthy }
volumes: { notes: }
`,
    )
    const supervisor = await world.startSupervisor()
    await supervisor.said(/started container shop-web-1/)
    const file = join(world.directory, 'state/volumes/shop_notes/_data/notes')
    const last = 'web on shop.example as 1000, CapEff:0000000000000000'
    await noted(file, [last])
    const notes = (await readFile(file, 'utf8')).trim().split('\n')
    assert.deepEqual(notes.toSorted(), ['healthy', 'migrated', last])
    assert.equal(notes.at(-1), last)
  })

  it('gives a container only the rights that Docker gives', async (context) => {
    const { world, image } = await setUp(context)
    await world.declare(
      'job.yaml',
      `services: { job: { image: "${image}", command: [sh, -c, "cat /proc/self/status; kill -0 2; ls /proc/kcore -l; cat /etc/hosts"] } }`,
    )
    await world.startSupervisor()
    await ended(world, 'job-job-1')
    const { stdout } = await world.slipctl('logs', 'job-job-1')
    // Docker's fourteen capabilities as the kernel's mask.
    assert.match(stdout, /CapBnd:\t00000000a80425fb\n/)
    assert.match(stdout, /Seccomp:\t2\n/)
    assert.match(stdout, /172\.\d+\.0\.2\t[0-9a-f]{12}\n/)
  })

  it('refuses to run beside another supervisor', async (context) => {
    const { world } = await setUp(context)
    await world.startSupervisor()
    await assert.rejects(world.startSupervisor(), /SLIPWAY_SUPERVISOR_ALREADY_RUNNING/)
  })
})
