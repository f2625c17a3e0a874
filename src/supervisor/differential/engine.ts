import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCheckingProxy } from '../contract/checking-proxy.ts'
import { Contract } from '../contract/contract.ts'
import { serveBusybox } from '../testing/busybox-image.ts'
import { type CleanUps, eventually, InVain, type Output, World } from '../testing/world.ts'

/** A container engine in a world of its own, and the command lines that are run against it. */
export type Engine = {
  readonly name: 'docker' | 'slipway'
  /** What lines may write to: their working directory. */
  readonly directory: string
  readonly world: World
  /** Runs a line of shell, in which `docker` speaks to this engine, to its end. */
  run(line: string): Promise<Output>
}

/** What both engines are told before they start. */
export type EngineSettings = {
  /** What root in containers is on the host; the host's root unless told. */
  readonly firstId?: number
}

/** Docker's own engine, from the tree that SLIPWAY_ENGINE_ROOT names; it ends with the test. */
export async function startDocker(
  context: CleanUps,
  settings: EngineSettings = {},
): Promise<Engine> {
  return await startDockerIn(await openWorld(context), settings)
}

/** Docker's own engine in a world whose programs it is among. */
export async function startDockerIn(
  world: World,
  { firstId }: EngineSettings = {},
): Promise<Engine> {
  const at = (name: string) => join(world.directory, name)
  // What Debian's alternatives would have made.
  await mkdir(at('alternatives'))
  for (const name of ['iptables', 'ip6tables'])
    await symlink(`/usr/sbin/${name}-nft`, at(`alternatives/${name}`))
  if (firstId !== undefined) await giveSubordinateIds(world, firstId)
  await writeFile(
    at('daemon.json'),
    JSON.stringify(firstId === undefined ? {} : { 'userns-remap': 'daemon' }),
  )
  const socket = at('run/docker.sock')
  const daemon = world.start(
    'env',
    `PATH=${at('alternatives')}:/usr/sbin:/usr/bin`,
    'dockerd',
    ...['--config-file', at('daemon.json'), '--host', `unix://${socket}`],
    ...['--data-root', at('state'), '--exec-root', at('run/docker')],
    ...['--pidfile', at('run/docker.pid'), '--storage-driver', 'overlay2'],
    ...['--userland-proxy=false', '--log-level', 'warn', '--group', 'root'],
    // The machine's other engines must not meet it in /run/containerd.
    ...['--containerd-namespace', 'slipway-test'],
  )
  let words = ''
  daemon.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-8000)
  })
  const engine = engineIn(world, 'docker', socket)
  await eventually('dockerd answers', async () => {
    if (daemon.exitCode !== null) throw new InVain('it ended')
    return (await engine.run('docker version')).status === 0
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it said:\n${words}`)
  })
  return engine
}

/**
 * The supervisor of this project, which nothing is declared to. What it answers is held against the
 * published definition of the API as well, and what is not so fails the suite at its end.
 */
export async function startSlipway(
  context: CleanUps,
  { firstId }: EngineSettings = {},
): Promise<Engine> {
  const world = await openWorld(
    context,
    firstId === undefined ? {} : { userNamespaces: { firstId } },
  )
  await world.startSupervisor()
  const [socket, front] = ['run/supervisor.sock', 'checked.sock'].map((name) =>
    join(world.directory, name),
  )
  const proxy = await startCheckingProxy(await Contract.read(), socket ?? '', front ?? '')
  context.after(async () => {
    await proxy.close()
    assert.deepEqual([...proxy.problems], [])
    assert.ok(proxy.checked() > 0, 'nothing was held against the definition')
  })
  return engineIn(world, 'slipway', front ?? '')
}

/** Docker finds the range in files of the host, which is that of the world alone. */
async function giveSubordinateIds(world: World, firstId: number): Promise<void> {
  const at = (name: string) => join(world.directory, name)
  for (const name of ['etc', 'etc-work']) await mkdir(at(name))
  for (const name of ['subuid', 'subgid'])
    await writeFile(at(`etc/${name}`), `daemon:${firstId}:65536\n`)
  const options = `lowerdir=/etc,upperdir=${at('etc')},workdir=${at('etc-work')}`
  const { status, stderr } = await world.run('mount', '-t', 'overlay', 'etc', '-o', options, '/etc')
  if (status !== 0) throw new Error(`no /etc of its own: ${stderr}`)
}

/** Both have a registry of their own at 127.0.0.1:5000, with the same content. */
async function openWorld(context: CleanUps, settings: object = {}): Promise<World> {
  const over = process.env.SLIPWAY_ENGINE_ROOT
  if (over === undefined)
    throw new Error('this test needs Docker’s engine: run it by `npx slipway test component`')
  const world = await World.open(context, { over })
  await serveBusybox(world, settings)
  return world
}

function engineIn(world: World, name: Engine['name'], socket: string): Engine {
  const directory = join(world.directory, 'lines')
  const environment = [
    `DOCKER_HOST=unix://${socket}`,
    `DOCKER_CONFIG=${join(world.directory, 'docker-config')}`,
    'TZ=UTC',
  ]
  return {
    name,
    directory,
    world,
    run: async (line) =>
      await world.run(
        'env',
        ...environment,
        'bash',
        '--norc',
        '-c',
        `mkdir -p ${directory}; cd ${directory}; ${line}`,
      ),
  }
}
