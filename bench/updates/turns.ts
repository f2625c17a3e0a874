import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { benchErrors } from '../../src/errors/bench.ts'
import { startVirtualMachine, type VirtualMachine } from '../../src/qemu-runner/index.ts'
import { type DirectoryServer, serveDirectory } from '../../src/start/directory-server.ts'
import { ignitionConfig } from '../../src/start/host-config.ts'
import { makeProbeDisk, PROBE_PORT, probeUnits } from '../../src/start/probe.ts'
import { HOST_SEEN_BY_GUEST } from '../../src/start/registry.ts'
import { extraArguments } from '../../src/start/start.ts'
import { type Bench, virtualMachine } from '../boots.ts'
import { containerPort } from '../guests.ts'
import { onHost } from './on-host.ts'
import type { OlderBuild, Releases } from './releases.ts'
import { newestVersion } from './states.ts'
import { type Turn, watchTurn } from './turn.ts'
import { downtime, type Latencies, latencies, visit } from './visitor.ts'

/** What a turn of the agent has to do, and which files the server does not have, so that it goes that way. */
export const tasks = {
  nothing: { title: 'finds nothing', withheld: undefined, way: undefined },
  patch: { title: 'patch', withheld: undefined, way: 'patch' },
  chunks: { title: 'chunks', withheld: /\.patch$/, way: 'chunks' },
  full: { title: 'whole files', withheld: /\.patch$|chunks\.(?:index|pack)$/, way: 'compressed' },
} as const

/** How long the container is visited before a turn; shorter for a quick look. */
export const quietMs = { whole: 30_000, quick: 10_000 }

export type Task = keyof typeof tasks

export type TurnSample = {
  readonly task: Task
  readonly turn: Turn
  /** Of the container's answers, in the quiet before the turn and during it. */
  readonly quiet: Latencies
  readonly during: Latencies
  /** Across the reboot into the new release; of the turn by patch alone. */
  readonly downtimeMs?: number
}

export type TurnsOptions = {
  readonly releases: Releases
  /** The release that the host runs first. */
  readonly from: OlderBuild
  readonly bench: Bench
  /** The tree of QEMU and busybox. */
  readonly tree: string
  readonly directory: string
  readonly runs: number
  readonly quietMs: number
  say(text: string): void
}

/**
 * Boots a host with an older release and a container that answers, and has it take the newest release by each
 * way, always from the same moment of its life. Throws SLIPWAY_BENCH_NO_ANSWER, SLIPWAY_BENCH_UPDATE_FAILED.
 */
export async function measureTurns(options: TurnsOptions): Promise<TurnSample[]> {
  const { releases, bench, runs, say } = options
  const server = await serveDirectory(releases.served.before)
  let machine: VirtualMachine | undefined
  try {
    machine = await startHost(options, server)
    await quietDown(machine, bench.signal)
    await machine.saveSnapshot('before')
    const samples: TurnSample[] = []
    for (let run = 0; run < runs; run++)
      for (const task of Object.keys(tasks) as Task[]) {
        const sample = await takeTurn(options, machine, server, task)
        const { tookMs, cpuMs, memoryPeakBytes, ownMemoryPeakBytes } = sample.turn
        say(
          `turn, ${tasks[task].title}: ${(tookMs / 1000).toFixed(1)} s, CPU ${(cpuMs / 1000).toFixed(1)} s, at most ${(ownMemoryPeakBytes / 1e6).toFixed(0)} MB of its own, ${(memoryPeakBytes / 1e6).toFixed(0)} MB with page cache`,
        )
        samples.push(sample)
        await machine.loadSnapshot('before')
      }
    return samples
  } finally {
    await machine?.kill()
    await server.stop()
  }
}

/** The clock of an emulated machine goes on while it goes back to a snapshot: watchdogs would take it for a hang. */
const withoutWatchdogs = 'systemd.service_watchdogs=no systemd.watchdog_sec=0'

async function startHost(
  { releases, from, bench, tree, directory }: TurnsOptions,
  server: DirectoryServer,
): Promise<VirtualMachine> {
  await mkdir(bench.logs, { recursive: true })
  const [registry = ''] = bench.image.split('/')
  const web = {
    image: bench.image,
    ports: [`${containerPort}:${containerPort}`],
    restart: 'always',
  }
  const settings = {
    server: `http://${HOST_SEEN_BY_GUEST}:${server.port}/`,
    strategy: 'manual',
    interval: '1d',
  }
  const config = ignitionConfig({
    compose: { bench: { services: { web } } },
    insecureRegistries: [registry],
    files: { '/etc/slipway/update.yaml': { content: stringify(settings) } },
    units: probeUnits,
  })
  return await startVirtualMachine({
    name: 'updates',
    boot: { from: 'firmware' },
    programs: bench.programs,
    acceleration: bench.acceleration,
    memoryMiB: virtualMachine.memoryMiB,
    cpus: virtualMachine.cpus,
    disks: [
      {
        image: join(from.directory, 'slipway.qcow2'),
        format: 'qcow2',
        sizeBytes: virtualMachine.diskBytes,
      },
      { image: await makeProbeDisk(tree, releases.tools, directory), serial: 'probe' },
    ],
    forwards: [{ guestPort: containerPort }, { guestPort: PROBE_PORT }],
    fwCfg: { 'opt/com.coreos/config': { text: config } },
    smbios: { oemStrings: [extraArguments(withoutWatchdogs)] },
    serialLog: join(bench.logs, 'updates.log'),
    signal: bench.signal,
  })
}

/** Waits until the container runs, the boot is found good, and the turn that follows a boot was taken. */
async function quietDown(machine: VirtualMachine, signal: AbortSignal): Promise<void> {
  await machine.waitForLine(/slipway: booted: /, { timeoutMs: 600_000 })
  const script = `
while [ -z "$(systemctl show --property=LastTriggerUSec --value slipway-update.timer)" ] ||
  [ "$(systemctl is-active slipway-update.service)" = activating ]; do sleep 1; done
slipctl update check || true`
  await onHost(machine, script, { timeoutMs: 300_000, signal })
}

async function takeTurn(
  { releases, bench, quietMs, say }: TurnsOptions,
  machine: VirtualMachine,
  server: DirectoryServer,
  task: Task,
): Promise<TurnSample> {
  const { withheld, way } = tasks[task]
  server.directory = task === 'nothing' ? releases.served.before : releases.served.after
  server.intercept = (request, response) => {
    if (!withheld?.test(request.url ?? '')) return false
    response.writeHead(404).end()
    return true
  }
  const { signal } = bench
  const host = (script: string) => onHost(machine, script, { timeoutMs: 600_000, signal })
  const port = machine.hostPort(containerPort)
  const quiet = await visit(port, () => host(`sleep ${quietMs / 1000}`))
  const { value, visits } = await visit(port, () => watchTurn(host))
  const { turn, output } = value
  const journal = await host(
    'journalctl --no-pager --output=cat --boot --unit=slipway-update.service',
  )
  const went = [...journal.matchAll(/: usr by (\w+)/g)].at(-1)?.[1]
  if (went !== way) {
    const details = { wanted: way ?? 'nothing', found: went ?? 'nothing', output, journal }
    throw benchErrors.error('SLIPWAY_BENCH_UPDATE_FAILED', details)
  }
  const sample = {
    task,
    turn,
    quiet: latencies(quiet.visits),
    during: latencies(visits),
  }
  if (task !== 'patch') return sample
  say('rebooting into the new release')
  return { ...sample, downtimeMs: await rebootDowntime(machine, host) }
}

async function rebootDowntime(
  machine: VirtualMachine,
  host: (script: string) => Promise<string>,
): Promise<number> {
  const before = machine.console.lines.length
  // A moment later, or the probe ends before it has answered.
  await host('systemd-run --quiet --on-active=1s slipctl update apply')
  const kernel = () =>
    machine.console.lines.slice(before).some(({ text }) => /Linux version/.test(text))
  const deadline = performance.now() + 600_000
  const tookMs = await downtime(machine.hostPort(containerPort), kernel, () => {
    machine.throwIfFailed()
    if (performance.now() < deadline) return
    const details = { name: machine.name, url: 'its port', seconds: 600 }
    throw benchErrors.error('SLIPWAY_BENCH_NO_ANSWER', { ...details, log: machine.console.tail() })
  })
  const { text } = await machine.waitForLine(/slipway: booted: /, { after: before - 1 })
  if (!text) throw new Error('the host has not told of its boot')
  const release = await host('cat /usr/lib/os-release')
  if (!release.includes(`IMAGE_VERSION="${newestVersion}"`)) {
    const details = { wanted: newestVersion, found: 'another release', output: release }
    throw benchErrors.error('SLIPWAY_BENCH_UPDATE_FAILED', { ...details, journal: '' })
  }
  return tookMs
}
