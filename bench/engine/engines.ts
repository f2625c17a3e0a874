import { once } from 'node:events'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { benchErrors } from '../../src/errors/bench.ts'
import { startDockerIn } from '../../src/supervisor/differential/engine.ts'
import { serveBusybox } from '../../src/supervisor/testing/busybox-image.ts'
import { type CleanUps, World } from '../../src/supervisor/testing/world.ts'

export const engineNames = ['ours', 'dockerd', 'podman'] as const

export type EngineName = (typeof engineNames)[number]

/** An engine in a world of its own, with the image of all measuring. */
export type Engine = {
  readonly name: EngineName
  readonly world: World
  /**
   * Runs lines of bash to their end and gives their output. `engine` is the engine's command line, `pull` pulls an
   * image, `list` shows the running containers by the engine's own means, and $IMAGE is the image. Throws
   * SLIPWAY_BENCH_ENGINE_FAILED.
   */
  run(lines: string): Promise<string>
}

export type EnginesOptions = {
  readonly context: CleanUps
  /** The root of their worlds. */
  readonly tree: string
  /** The host executable. */
  readonly executable: string
  /** The other engines too. */
  readonly peers: boolean
  readonly signal: AbortSignal
}

/** Starts the engines, each with a registry of its own that has the same content. */
export async function startEngines(options: EnginesOptions): Promise<Engine[]> {
  const engines = [await startOurs(options)]
  if (options.peers) engines.push(await startDockerd(options), await openPodman(options))
  for (const engine of engines) await engine.run('pull $IMAGE; engine run --rm $IMAGE busybox true')
  return engines
}

/** Our supervisor, with more settings than where its images come from. */
export async function startOurs(
  options: Omit<EnginesOptions, 'peers'>,
  settings: object = {},
): Promise<Engine> {
  const { world, image } = await openWorld(options, settings)
  const executable = join(world.directory, 'slipway-host')
  await copyFile(options.executable, executable)
  await world.startSupervisor(['env', ...(await environmentOfUnit()), executable])
  const socket = join(world.directory, 'run/supervisor.sock')
  const list = `${executable} ctl --socket ${socket} ps`
  return engine('ours', options, world, [...dockerLines(world, socket, list), `IMAGE=${image}`])
}

/** What its unit gives the supervisor on a host, as `NAME=value`. */
async function environmentOfUnit(): Promise<string[]> {
  const unit = join(import.meta.dirname, '../../units/system/slipway-supervisor.service')
  const lines = (await readFile(unit, 'utf8')).split('\n')
  return lines.flatMap((line) => /^Environment=(.*)$/.exec(line)?.[1] ?? [])
}

async function startDockerd(options: EnginesOptions): Promise<Engine> {
  const { world, image } = await openWorld(options)
  await startDockerIn(world)
  const socket = join(world.directory, 'run/docker.sock')
  const lines = dockerLines(world, socket, 'docker ps')
  return engine('dockerd', options, world, [...lines, `IMAGE=${image}`])
}

/** There is nothing to start: podman is its command line. */
async function openPodman(options: EnginesOptions): Promise<Engine> {
  const { world, image } = await openWorld(options)
  const at = (name: string) => join(world.directory, name)
  const places = `--root ${at('podman')} --runroot ${at('run/podman')} --tmpdir ${at('run/libpod')}`
  const podman = `podman ${places}`
  await writeFile(at('containers.conf'), podmanConfiguration)
  return engine('podman', options, world, [
    `export CONTAINERS_CONF=${at('containers.conf')}`,
    `engine() { ${podman} "$@"; }`,
    `pull() { ${podman} pull --quiet --tls-verify=false "$1"; }`,
    'list() { engine ps; }',
    `IMAGE=${image}`,
  ])
}

/** No systemd, and nothing that other engines of the machine could meet. */
const podmanConfiguration = `[containers]
log_driver = "k8s-file"
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
`

function dockerLines(world: World, socket: string, list: string): string[] {
  return [
    `export DOCKER_HOST=unix://${socket} DOCKER_CONFIG=${join(world.directory, 'docker-config')}`,
    'engine() { docker "$@"; }',
    'pull() { docker pull --quiet "$1"; }',
    `list() { ${list}; }`,
  ]
}

async function openWorld(
  { context, tree }: Pick<EnginesOptions, 'context' | 'tree'>,
  settings: object = {},
) {
  const world = await World.open(context, { tools: tree })
  return { world, image: await serveBusybox(world, settings) }
}

function engine(
  name: EngineName,
  { signal }: Pick<EnginesOptions, 'signal'>,
  world: World,
  prelude: readonly string[],
): Engine {
  let turn = 0
  const run = async (lines: string) => {
    signal.throwIfAborted()
    turn += 1
    const output = join(world.directory, `output-${turn}`)
    const script = ['set -euo pipefail', `exec >${output}`, ...prelude, lines].join('\n')
    const child = world.start('bash', '--norc', '-c', script)
    let words = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-2000)
    })
    const [status] = (await once(child, 'close', { signal })) as [number | null]
    if (status !== 0) throw benchErrors.error('SLIPWAY_BENCH_ENGINE_FAILED', { name, lines, words })
    const text = await readFile(output, 'utf8')
    await rm(output)
    return text
  }
  return { name, world, run }
}
