import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isSlipwayError } from '../../src/errors/error.ts'
import type { CleanUps } from '../../src/supervisor/testing/world.ts'
import { hostExecutable, type MachineBenchOptions } from '../machine-bench.ts'
import { missingRow, type Row } from '../rows.ts'
import { type Engine, startEngines, startOurs } from './engines.ts'
import { forwardSettings, measureForwarding, measureLogs } from './logs.ts'
import { cpuMsOf, engineProcesses, type Memory, memoryOf } from './processes.ts'
import { engineRow, inTurns, noSamples, type Samples, timed } from './samples.ts'
import { openEngineTree } from './tree.ts'

export type EngineReport = {
  readonly rows: readonly Row[]
  /** Of the packages that took part, by name. */
  readonly versions: Readonly<Record<string, string>>
}

type Measuring = {
  readonly engines: readonly Engine[]
  readonly runs: number
  readonly signal: AbortSignal
  say(text: string): void
}

const share = { share: 1 / 3 }
const manyContainers = 50

/** Measures the supervisor beside dockerd and podman, each in namespaces of its own. */
export async function measureEngine(options: MachineBenchOptions): Promise<EngineReport> {
  const { definition, directory, peers, runs, signal, say } = options
  const executable = await hostExecutable(options)
  const tree = await openEngineTree(definition.debian, { directory, signal, say })
  const cleanUps: (() => Promise<void>)[] = []
  const context: CleanUps = { after: (cleanUp) => void cleanUps.push(cleanUp) }
  try {
    say('starting the engines')
    const engines = await startEngines({ context, tree: tree.path, executable, peers, signal })
    const measuring = { engines, runs, signal, say }
    const rows: Row[] = []
    for (const measure of [singles, many, pulls, measureLogs, compose])
      rows.push(...(await measure(measuring)))
    const forwarding = await startOurs(
      { context, tree: tree.path, executable, signal },
      forwardSettings,
    )
    await forwarding.run('pull $IMAGE')
    rows.push(...(await measureForwarding(forwarding, measuring)))
    return { rows, versions: tree.versions }
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

async function singles({ engines, runs, say }: Measuring): Promise<Row[]> {
  say('running containers to their end, and listing')
  const times = (line: string) => inTurns(engines, runs, (engine) => timed(engine, line, 5))
  const none = await times('engine run --rm --network none $IMAGE busybox true')
  const bridge = await times('engine run --rm $IMAGE busybox true')
  const list = await times('list')
  return [
    engineRow('`docker run --rm` without a network', 'latency', none, share),
    engineRow('`docker run --rm` on a bridge network', 'latency', bridge, share),
    engineRow('`slipctl ps`, `docker ps`, `podman ps`', 'latency', list),
  ]
}

/** What many containers take to start, and what they and the engine take while nothing happens. */
async function many({ engines, runs, signal, say }: Measuring): Promise<Row[]> {
  say(`starting ${manyContainers} containers`)
  const start = `for number in $(seq ${manyContainers}); do
    engine run -d --name many-$number $IMAGE sleep 100000; done`
  const quietMs = runs === 1 ? 10_000 : 60_000
  const samples = { start: noSamples(), idle: noSamples(), each: noSamples() }
  const own = { private: noSamples(), anonymous: noSamples(), share: noSamples() }
  for (const engine of engines) {
    const { name } = engine
    const before = await memoryNow(engine)
    samples.start[name].push(...(await timed(engine, start)))
    await delay(5000, undefined, { signal })
    const after = await memoryNow(engine)
    samples.each[name].push((after.shareBytes - before.shareBytes) / manyContainers)
    samples.idle[name].push(await idlePercent(engine, quietMs, signal))
    // podman has no engine that waits for anybody.
    if (name !== 'podman') {
      own.private[name].push(before.privateBytes)
      own.anonymous[name].push(before.anonymousBytes)
      own.share[name].push(before.shareBytes)
    }
    await engine.run('engine kill $(engine ps -q); engine rm --force $(engine ps -aq)')
  }
  return [
    engineRow(`Start of ${manyContainers} containers, one by one`, 'ms', samples.start),
    engineRow('Engine at rest, its private memory', 'bytes', own.private, share),
    engineRow('of this what no file backs', 'bytes', own.anonymous, share),
    engineRow('Engine at rest, its share (PSS)', 'bytes', own.share),
    engineRow('Memory of the engine for each container (PSS)', 'bytes', samples.each, {
      limit: 1.5e6,
    }),
    engineRow(`Processor while ${manyContainers} containers rest`, 'percent', samples.idle, {
      limit: 0.2,
    }),
  ]
}

async function memoryNow({ world }: Engine): Promise<Memory> {
  return await memoryOf(await engineProcesses(world.firstPid))
}

/** In percent of one processor. */
async function idlePercent({ world }: Engine, quietMs: number, signal: AbortSignal) {
  const pids = await engineProcesses(world.firstPid)
  const [cpuMs, beganMs] = [await cpuMsOf(pids), performance.now()]
  await delay(quietMs, undefined, { signal })
  return (((await cpuMsOf(pids)) - cpuMs) / (performance.now() - beganMs)) * 100
}

async function pulls({ engines, runs, say }: Measuring): Promise<Row[]> {
  say('pushing an image of ten layers to each registry')
  const script = join(import.meta.dirname, 'push-large-image.ts')
  for (const engine of engines)
    await engine.run(`${process.execPath} ${script} 127.0.0.1:5000; sync`)
  say('pulling it')
  const image = '127.0.0.1:5000/bench/large:1'
  const samples = await inTurns(engines, runs, async (engine) => {
    const took = await timed(engine, `pull ${image}`)
    await engine.run(`engine rmi ${image}; sync`)
    return took
  })
  return [
    engineRow('Pull of 500 MB in ten layers, registry on this machine', 'ms', samples, {
      share: 0.5,
    }),
  ]
}

async function compose({ engines, runs, say }: Measuring): Promise<Row[]> {
  const title = '`docker compose up` of ten services'
  say('bringing ten services up')
  const services = Array.from(
    { length: 10 },
    (_, index) => `
  service-${index}:
    image: $IMAGE
    command: [sleep, "100000"]
    stop_grace_period: 0s`,
  )
  const file = `cat >ten.yaml <<END\nservices:${services.join('')}\nEND\n`
  const change = 'cd "$(dirname "$DOCKER_CONFIG")"'
  try {
    const samples: Samples = await inTurns(
      engines.filter(({ name }) => name !== 'podman'),
      runs,
      async (engine) => {
        await engine.run(`${change}; ${file}`)
        const up = `${change}; engine compose --project-name ten --file ten.yaml up --detach`
        const took = await timed(engine, up)
        await engine.run(`${change}; engine compose --project-name ten --file ten.yaml down`)
        return took
      },
    )
    return [engineRow(title, 'ms', samples)]
  } catch (error) {
    // What the engine cannot do yet is no reason to lose what it was measured by.
    if (!isSlipwayError(error, 'SLIPWAY_BENCH_ENGINE_FAILED')) throw error
    return [missingRow('engine', title, `failed: ${lastLine(String(error.details.words))}`)]
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
