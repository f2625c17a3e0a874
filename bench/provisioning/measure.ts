import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { benchErrors } from '../../src/errors/bench.ts'
import { packageSources } from '../../src/packages/sources.ts'
import { type CleanUps, World } from '../../src/supervisor/testing/world.ts'
import { debianTree, versionsIn } from '../debian-tree.ts'
import { hostExecutable, type MachineBenchOptions } from '../machine-bench.ts'
import { median, type Row, row } from '../rows.ts'
import { arrayConfig, configs, type MeasuredConfig } from './configs.ts'
import { type MeasuredInMachine, measureInMachine } from './in-machine.ts'
import { hostFiles, ourLines, provisionedBy, referenceLines, startOf } from './lines.ts'

const title = (config: MeasuredConfig) => `Provisioning by ${config.title}`

/**
 * Provisions a directory by the same configs, by our program and by Debian's Ignition, in turns; and has both make an array in a
 * virtual machine.
 */
export async function measureProvisioning(options: MachineBenchOptions): Promise<{
  readonly rows: readonly Row[]
  readonly qemu: MeasuredInMachine['qemu']
  /** Of the packages that took part, by name. */
  readonly versions: Readonly<Record<string, string>>
}> {
  const { definition, directory, peers, runs, signal, say } = options
  const executable = await hostExecutable(options)
  const { lines } = await packageSources(definition.debian, signal)
  const tree = await debianTree(
    { name: 'Ignition', directory: join(directory, 'ignition'), packages, lines },
    { signal, say },
  )
  const cleanUps: (() => Promise<void>)[] = []
  const context: CleanUps = { after: (cleanUp) => void cleanUps.push(cleanUp) }
  try {
    const world = await World.open(context, { tools: tree })
    const program = join(world.directory, 'slipway-host')
    await copyFile(executable, program)
    await prepare(world)
    const provision = async (side: 'ours' | 'peer', config: MeasuredConfig) =>
      await timed(
        world,
        side === 'ours' ? ourLines(program, config.name) : referenceLines(config.name),
        config,
      )
    const measured = configs.map((config) => ({
      config,
      ours: [] as number[],
      peer: [] as number[],
    }))
    for (let turn = 0; turn < runs * turnsPerRun; turn++)
      for (const { config, ours, peer } of measured) {
        signal.throwIfAborted()
        if (turn === 0) say(`provisioning by ${config.title}`)
        ours.push(await provision('ours', config))
        if (peers) peer.push(await provision('peer', config))
      }
    const start = median(await startTimes(world, program)) ?? 0
    const { times, qemu } = await measureInMachine(tree, executable, options)
    const rowOf = (config: MeasuredConfig, taken: Taken, startMs: number) => {
      const limit = config.limitMs ?? (median(taken.peer) ?? 0) + startMs
      const unit = config.unit ?? 'latency'
      return row('provisioning', title(config), unit, taken, peers ? { limit } : undefined)
    }
    return {
      qemu,
      rows: [
        ...measured.map(({ config, ...taken }) => rowOf(config, taken, start)),
        rowOf(arrayConfig, times, median(times.start) ?? 0),
      ],
      versions: peers ? await versionsIn(tree, ['ignition'], signal) : {},
    }
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

type Taken = { readonly ours: readonly number[]; readonly peer: readonly number[] }

/** One provisioning takes a fraction of a second: more of them cost nothing. */
const turnsPerRun = 4

/** What the reference implementation and the lines that drive both need. */
const packages = [
  ...['bash', 'busybox-static', 'coreutils', 'e2fsprogs', 'fdisk', 'gdisk', 'ignition', 'kmod'],
  ...['libatomic1', 'libstdc++6', 'mdadm', 'mount', 'passwd', 'systemd', 'udev', 'util-linux'],
] as const

async function prepare(world: World): Promise<void> {
  for (const { name, config } of configs)
    await writeFile(join(world.directory, `${name}.ign`), JSON.stringify(config))
  for (const [path, text] of Object.entries(hostFiles)) {
    const file = join(world.directory, 'host', path)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, text)
  }
}

/** Milliseconds of one provisioning of a fresh copy of the host. Throws SLIPWAY_BENCH_PROVISIONING_FAILED. */
async function timed(world: World, lines: string, config: MeasuredConfig): Promise<number> {
  const script = provisionedBy(lines, config)
  const { status, stdout, stderr } = await world.run('bash', '-c', script, '-', world.directory)
  if (status !== 0)
    throw benchErrors.error('SLIPWAY_BENCH_PROVISIONING_FAILED', {
      config: config.title,
      reason: stderr.trim().slice(-500),
    })
  return Number(stdout.trim()) / 1000
}

async function startTimes(world: World, program: string): Promise<number[]> {
  const times: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const { stdout } = await world.run('bash', '-c', startOf(program))
    times.push(Number(stdout.trim()) / 1000)
  }
  return times
}
