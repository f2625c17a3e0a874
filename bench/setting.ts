import { readFile } from 'node:fs/promises'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { ExecaError, execa } from 'execa'
import type { AccelerationChoice, Programs } from '../src/qemu-runner/index.ts'
import { virtualMachine } from './boots.ts'
import type { Peer } from './peer.ts'

/** What figures depend on: without it they say nothing. */
export type Setting = {
  /** ISO 8601, UTC. */
  readonly date: string
  readonly machine: {
    readonly processor: string
    readonly processors: number
    readonly memoryBytes: number
    readonly system: string
    readonly kernel: string
    /** Before the measuring began, over 1, 5 and 15 minutes: others at work make all figures worse. */
    readonly loadAverage: readonly number[]
  }
  /** Absent when none was started. */
  readonly virtualMachine?: {
    readonly memoryMiB: number
    readonly cpus: number
    readonly qemu: string
    readonly acceleration: string
  }
  readonly versions: {
    readonly slipway: string
    readonly commit?: string
    readonly node: string
    /** Of the peer's image, by package; mkosi itself, casync and RAUC among them. */
    readonly peer: Readonly<Record<string, string>>
  }
}

/** Packages of the peer's image whose versions a reader may ask for. */
const peerPackages = ['podman', 'crun', 'conmon', 'netavark', 'systemd']

export type SettingOptions = {
  readonly project: string
  /** Of the virtual machines, if any were started. */
  readonly qemu:
    | { readonly programs: Programs; readonly acceleration: AccelerationChoice }
    | undefined
  readonly peer: Peer | undefined
  /** Versions of the peers of updates and of the engine, by name. */
  readonly peerVersions: Readonly<Record<string, string>>
  readonly loadAverage: readonly number[]
}

/** Reads the setting of this run. */
export async function readSetting(options: SettingOptions): Promise<Setting> {
  const { project, qemu, peer } = options
  const osRelease = await readFile('/etc/os-release', 'utf8')
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    version: string
  }
  const commit = await commitOf(project)
  const image = await peer?.image()
  const peerVersions = peerPackages.map((name) => [name, image?.versions.get(name)] as const)
  const kernel = [...(image?.versions ?? [])].find(([name]) => /^linux-image-\d/.test(name))
  return {
    date: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      processors: cpus().length,
      memoryBytes: totalmem(),
      system: /^PRETTY_NAME="(.*)"$/m.exec(osRelease)?.[1] ?? 'unknown',
      kernel: release(),
      loadAverage: options.loadAverage.map((load) => Number(load.toFixed(2))),
    },
    ...(qemu && { virtualMachine: await machineOf(qemu) }),
    versions: {
      slipway: version,
      ...(commit !== undefined && { commit }),
      node: process.version,
      peer: {
        ...(peer && { mkosi: peer.version }),
        ...Object.fromEntries(peerVersions.filter((entry) => entry[1] !== undefined)),
        ...options.peerVersions,
        ...(kernel && { 'linux-image-cloud-amd64': kernel[1] }),
      },
    },
  }
}

async function machineOf({ programs, acceleration }: NonNullable<SettingOptions['qemu']>) {
  const [file, parameters] = programs.command('qemu-system-x86_64', ['--version'])
  const { stdout } = await execa(file, parameters, { stdin: 'ignore' })
  return {
    memoryMiB: virtualMachine.memoryMiB,
    cpus: virtualMachine.cpus,
    qemu: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown',
    acceleration: `${acceleration.acceleration} (${acceleration.reason})`,
  }
}

/** The machine's load as it is now, over 1, 5 and 15 minutes. */
export function currentLoad(): readonly number[] {
  return loadavg()
}

/** The checkout's commit; undefined in a copy that has no history, or on a machine without git. */
async function commitOf(project: string): Promise<string | undefined> {
  try {
    const { stdout } = await execa('git', [
      '-C',
      project,
      'describe',
      '--always',
      '--dirty',
      '--exclude=*',
    ])
    return stdout
  } catch (error) {
    if (error instanceof ExecaError) return undefined
    throw error
  }
}
