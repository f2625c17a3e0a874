import { join } from 'node:path'
import { interruption } from '../src/cli/interruption.ts'
import { benchErrors } from '../src/errors/bench.ts'
import { loadImage } from '../src/image/load.ts'
import { writeDurably } from '../src/pipeline/durable.ts'
import { acquireLock } from '../src/pipeline/lock.ts'
import { chooseAcceleration } from '../src/qemu-runner/index.ts'
import { busyboxImageStage } from '../src/start/busybox-image.ts'
import { machineTree } from '../src/start/machine-tree.ts'
import { qemuPrograms } from '../src/start/programs.ts'
import { startRegistry } from '../src/start/registry.ts'
import { measureEngine } from './engine/measure.ts'
import { containerPort, ourGuest, peerGuest } from './guests.ts'
import type { MachineBenchOptions } from './machine-bench.ts'
import { measureBoot, measureMemory } from './measure-boots.ts'
import { measureBuild } from './measure-build.ts'
import { measureSizes } from './measure-sizes.ts'
import { type Ours, openOurs } from './ours.ts'
import { benchmarkPage } from './page.ts'
import { openPeer, type Peer } from './peer.ts'
import { measureProvisioning } from './provisioning/measure.ts'
import { readRecorded, recordedJson, withRun } from './recorded.ts'
import { type Report, reportJson, reportTables } from './report.ts'
import { type Row, type Topic, topics } from './rows.ts'
import { currentLoad, readSetting } from './setting.ts'
import { measureUpdates } from './updates/measure.ts'

export type BenchOptions = {
  readonly project: string
  readonly cache: string
  /** One of build, sizes, boot, provisioning, memory, updates and engine; all unless told. */
  readonly only?: string
  /** Leaves mkosi, Ignition, casync, RAUC, dockerd and podman out. */
  readonly skipPeer?: boolean
  /** One sample of each figure instead of three. */
  readonly quick?: boolean
  /** Prints the report as JSON instead of tables. */
  readonly json?: boolean
  /** Aborts the run; Ctrl-C and SIGTERM do unless told. */
  readonly signal?: AbortSignal
}

/**
 * Measures Slipway beside mkosi, how it provisions beside Ignition, its updates beside those of casync and RAUC, its container engine beside dockerd
 * and podman, and prints what it found. A run with its peers and three samples takes the place of the older figures of
 * its topics in `docs/benchmarks.json` and `docs/benchmarks.md` of the project.
 *
 * Throws SLIPWAY_BENCH_TOPIC_UNKNOWN, SLIPWAY_BENCH_PEER_NEEDS_ROOT, SLIPWAY_BENCH_NO_ANSWER and what builds
 * and virtual machines throw. When it ends, for whatever reason, nothing of it runs or is mounted any more.
 */
export async function runBench(options: BenchOptions): Promise<void> {
  const wanted = topicsOf(options.only)
  const signal = options.signal ?? interruption()
  const lock = await acquireLock(join(options.cache, 'bench/lock'), signal)
  try {
    const report = await measure(options, wanted, signal)
    process.stdout.write(options.json ? reportJson(report) : reportTables(report.rows))
    if (options.skipPeer || options.quick) return
    const path = join(options.project, 'docs/benchmarks.json')
    const recorded = withRun(await readRecorded(path), report)
    await writeDurably(path, recordedJson(recorded))
    await writeDurably(join(options.project, 'docs/benchmarks.md'), benchmarkPage(recorded))
    say('wrote docs/benchmarks.md and docs/benchmarks.json')
  } finally {
    await lock.release()
  }
}

function topicsOf(only: string | undefined): ReadonlySet<Topic> {
  if (only === undefined) return new Set(topics)
  const topic = topics.find((name) => name === only)
  if (topic) return new Set([topic])
  throw benchErrors.error('SLIPWAY_BENCH_TOPIC_UNKNOWN', { topic: only, known: topics.join(', ') })
}

async function measure(
  options: BenchOptions,
  wanted: ReadonlySet<Topic>,
  signal: AbortSignal,
): Promise<Report> {
  const { project, cache } = options
  const loadAverage = currentLoad()
  const definition = await loadImage('qemu', { directory: join(project, 'images') })
  const directory = join(cache, 'bench')
  const peers = !options.skipPeer
  const all = { project, cache, definition, directory, peers, runs: options.quick ? 1 : 3 }
  const image = topics.some((topic) => !withoutImage.has(topic) && wanted.has(topic))
    ? await measureImage({ ...all, signal }, wanted)
    : undefined
  const provisioning = wanted.has('provisioning')
    ? await measureProvisioning({ ...all, signal, say })
    : undefined
  const engine = wanted.has('engine') ? await measureEngine({ ...all, signal, say }) : undefined
  return {
    setting: await readSetting({
      project,
      qemu: image?.qemu ?? provisioning?.qemu,
      peer: image?.peer,
      peerVersions: { ...image?.updateVersions, ...provisioning?.versions, ...engine?.versions },
      loadAverage,
    }),
    rows: [...(image?.rows ?? []), ...(provisioning?.rows ?? []), ...(engine?.rows ?? [])],
  }
}

/** Measured in processes of the machine. */
const withoutImage: ReadonlySet<Topic> = new Set(['provisioning', 'engine'])

type Measuring = Omit<MachineBenchOptions, 'say'>

/** Everything that takes an image: its build, its size, and how it boots, rests and is updated. */
async function measureImage(
  { project, cache, definition, directory, peers, runs, signal }: Measuring,
  wanted: ReadonlySet<Topic>,
) {
  const peerDirectory = join(directory, 'peer')
  const needsPeer = (['build', 'sizes', 'boot', 'memory'] as const).some((topic) =>
    wanted.has(topic),
  )
  const peer =
    peers && needsPeer
      ? await openPeer({ directory: peerDirectory, debian: definition.debian, signal, say })
      : undefined
  const ours = await openOurs({ project, directory: join(directory, 'ours'), signal })
  const rows: Row[] = []
  if (wanted.has('build')) rows.push(...(await measureBuild({ ours, peer, runs, signal, say })))
  if (needsPeer) await makeImages(ours, peer)
  if (wanted.has('sizes')) rows.push(...(await measureSizes(ours.image, await peer?.image())))

  say('preparing QEMU, firmware and a registry')
  const { tree, store } = await machineTree(definition.debian, {
    project: ours.project,
    cache,
    locked: false,
    signal,
    emit: () => {},
  })
  const programs = qemuPrograms(tree)
  const acceleration = await chooseAcceleration({ programs, signal })
  let updateVersions: Readonly<Record<string, string>> = {}
  if (wanted.has('boot') || wanted.has('memory') || wanted.has('updates')) {
    const guests = needsPeer ? await guestsOf(ours, peer, tree) : []
    const container = await store.run(busyboxImageStage, {
      tree,
      files: { '/www/index.html': { text: 'The container answers.\n', mode: 0o644 } },
      command: ['/bin/httpd', '-f', '-p', String(containerPort), '-h', '/www'],
    })
    const registry = await startRegistry(tree, signal)
    try {
      await registry.push(container.files.layout, 'slipway/bench', '1')
      const bench = {
        programs,
        acceleration: acceleration.acceleration,
        image: `${registry.guestName}/slipway/bench:1`,
        logs: join(directory, 'consoles'),
        signal,
      }
      if (wanted.has('boot')) rows.push(...(await measureBoot(guests, bench, { runs, say })))
      if (wanted.has('memory')) rows.push(...(await measureMemory(guests, bench, { say })))
      if (wanted.has('updates')) {
        const updates = { ours, definition, bench, tree, directory, peers, runs, say }
        const measured = await measureUpdates(updates)
        rows.push(...measured.rows)
        updateVersions = measured.versions
      }
    } finally {
      await registry.stop()
    }
  }
  return { rows, qemu: { programs, acceleration }, peer, updateVersions }
}

/** The images as they are without the changes that builds were timed with. */
async function makeImages(ours: Ours, peer: Peer | undefined): Promise<void> {
  say('building the image')
  await ours.build()
  if (!peer || (await peer.image())) return
  say('building the peer’s image')
  await peer.build()
}

async function guestsOf(ours: Ours, peer: Peer | undefined, tree: string) {
  const peerImage = await peer?.image()
  return [ourGuest(ours.image.qcow2, tree), ...(peerImage ? [peerGuest(peerImage.raw)] : [])]
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`)
}
