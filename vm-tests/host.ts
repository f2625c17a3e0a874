import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ImageDefinition } from '../src/image/definition.ts'
import { loadImage } from '../src/image/load.ts'
import { type BuiltImage, buildImage } from '../src/pipeline/index.ts'
import type { StageEvent } from '../src/pipeline/store.ts'
import {
  type Disk,
  startVirtualMachine,
  type TroubleSign,
  type VirtualMachine,
} from '../src/qemu-runner/index.ts'
import { busyboxImageStage } from '../src/start/busybox-image.ts'
import { type HostConfig, ignitionConfig } from '../src/start/host-config.ts'
import { machineTree } from '../src/start/machine-tree.ts'
import { askOnce, makeProbeDisk, PROBE_PORT, probeUnits, runByProbe } from '../src/start/probe.ts'
import { qemuPrograms } from '../src/start/programs.ts'
import { type Registry, startRegistry } from '../src/start/registry.ts'
import { bootDisk, extraArguments } from '../src/start/start.ts'
import { troubleSigns } from '../src/start/trouble-signs.ts'

const project = join(import.meta.dirname, '..')
const cache = process.env.SLIPWAY_CACHE ?? join(project, '.cache')

export { PROBE_PORT }

export const HELLO_PORT = 8080
export const HELLO_PAGE = 'Hello from a container.\n'

/** How long a boot may take until its containers answer: software emulation on a busy machine. */
const BOOT_TIMEOUT_MS = 480_000

/** How long a host that is up may take for what it does by itself, another machine beside it. */
export const SOON_MS = 180_000

/**
 * How long one question may take while the host comes up. QEMU's network takes a connection before the guest
 * has an address, and brings it there after a wait that it doubles each time: ask anew instead.
 */
const PATIENCE_MS = 2_000

const SCRIPT_TIMEOUT_MS = 180_000

/** What tests boot: the built image, QEMU, and a registry that has the test containers. */
export type Laboratory = {
  readonly image: BuiltImage
  readonly tree: string
  readonly registry: Registry
  readonly probeDisk: string
  readonly directory: string
  close(): Promise<void>
}

/** Which image a test boots, and what it has that the one of that name has not. */
export type Variation = {
  /** The definition in `images/`; `qemu` unless told. */
  readonly name?: string
  readonly version?: string
  readonly change?: (definition: ImageDefinition) => ImageDefinition
}

const options = {
  project,
  cache,
  locked: false,
  signal: new AbortController().signal,
  emit: report,
}

/** Builds an image, or one that differs from it a little (or takes the stored one). */
export async function buildVariation({
  name = 'qemu',
  version,
  change,
}: Variation = {}): Promise<BuiltImage> {
  const definition = await loadImage(name, { directory: join(project, 'images') })
  return buildImage(change?.(definition) ?? definition, { ...options, version })
}

/** Puts an image of busybox and a file `/page` into the registry; gives its reference by digest. */
export type PushPage = (name: string, page: string) => Promise<string>

/**
 * Starts a registry with the test containers and builds an image, which may depend on what else is pushed
 * there.
 */
export async function openLaboratory(
  variation: Variation | ((pushPage: PushPage) => Promise<Variation>) = {},
): Promise<Laboratory> {
  const { signal } = options
  const definition = await loadImage('qemu', { directory: join(project, 'images') })
  const { tree, store } = await machineTree(definition.debian, options)
  const hello = await store.run(busyboxImageStage, {
    tree,
    files: { '/www/index.html': { text: HELLO_PAGE, mode: 0o644 } },
    command: ['/bin/httpd', '-f', '-p', String(HELLO_PORT), '-h', '/www'],
  })
  const registry = await startRegistry(tree, signal)
  const directory = await mkdtemp(join(tmpdir(), 'slipway-vm-tests-'))
  await registry.push(hello.files.layout, 'hello', '1')
  const pushPage: PushPage = async (name, page) => {
    const files = { '/page': { text: `${page}\n`, mode: 0o644 } }
    const { layout } = (await store.run(busyboxImageStage, { tree, files, command: ['/bin/sh'] }))
      .files
    await registry.push(layout, name, '1')
    return `${registry.guestName}/${name}@${await manifestDigest(layout)}`
  }
  const chosen = typeof variation === 'function' ? await variation(pushPage) : variation
  await store.close()
  const image = await buildVariation(chosen)
  return {
    image,
    tree,
    registry,
    probeDisk: await makeProbeDisk(tree, image.tools.files.trees, directory),
    directory,
    close: async () => {
      await registry.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The digest of the one image in an OCI layout. */
async function manifestDigest(layout: string): Promise<string> {
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[]
  }
  return index.manifests[0]?.digest ?? ''
}

export type BootOptions = {
  readonly config?: string
  /** Keeps the disk's writes for the next boot under this name. */
  readonly disk?: string
  /** A raw disk image instead of the built one. */
  readonly diskImage?: string
  /** Receives every write to the disk. */
  readonly writeLog?: string
  readonly troubleSigns?: readonly TroubleSign[]
  readonly kernelArguments?: string
  readonly memoryMiB?: number
  /** More disks, beside the one that is booted and the probe's. */
  readonly disks?: readonly Disk[]
  /** Gives the machine a TPM that keeps what it knows in this folder. */
  readonly tpm?: string
  /** Gives the machine a hardware watchdog that resets it. */
  readonly watchdog?: boolean
  /** More arguments for QEMU, as they are. */
  readonly extraArguments?: readonly string[]
}

/** A config that declares a container that answers, and puts a probe on the host for tests to look around. */
export function testConfig(laboratory: Laboratory, more: HostConfig = {}): string {
  const { guestName } = laboratory.registry
  const hello = {
    image: `${guestName}/hello:1`,
    ports: [`${HELLO_PORT}:${HELLO_PORT}`],
    restart: 'always',
    mem_limit: '64m',
    pids_limit: 64,
    blkio_config: { weight: 505, device_write_bps: [{ path: '/dev/vda', rate: '64mb' }] },
  }
  return ignitionConfig({
    ...more,
    insecureRegistries: [guestName],
    compose: { test: { services: { hello } }, ...more.compose },
    units: { ...probeUnits, ...more.units },
  })
}

/**
 * Starts a machine on the built image, with one processor: machines run two at a time, and an emulated processor that
 * waits for one that has no turn of the real ones keeps it from its turn, so that the guest stands still for minutes.
 */
export function boot(laboratory: Laboratory, options: BootOptions = {}): Promise<VirtualMachine> {
  const { image, tree, directory } = laboratory
  const disk = bootDisk(image)
  const overlay = options.disk && join(directory, `${options.disk}.qcow2`)
  const variables = options.disk && join(directory, `${options.disk}.vars`)
  return startVirtualMachine({
    name: options.disk ?? 'test',
    boot: { from: 'firmware', ...(variables && { variables }) },
    programs: qemuPrograms(tree),
    memoryMiB: options.memoryMiB ?? 1024,
    cpus: 1,
    disks: [
      {
        ...disk,
        ...(options.diskImage !== undefined && { image: options.diskImage }),
        ...(overlay && { overlay }),
        ...(options.writeLog !== undefined && { writeLog: options.writeLog }),
      },
      { image: laboratory.probeDisk, serial: 'probe' },
      ...(options.disks ?? []),
    ],
    forwards: [{ guestPort: HELLO_PORT }, { guestPort: PROBE_PORT }],
    fwCfg: { 'opt/com.coreos/config': { text: options.config ?? testConfig(laboratory) } },
    ...(options.kernelArguments !== undefined && {
      smbios: { oemStrings: [extraArguments(options.kernelArguments)] },
    }),
    ...(options.tpm !== undefined && { tpm: { state: options.tpm } }),
    ...(options.watchdog && { watchdog: 'reset' }),
    ...(options.extraArguments && { extraArguments: options.extraArguments }),
    troubleSigns: options.troubleSigns ?? troubleSigns,
  })
}

/** A raw image of a disk that an ended machine kept under a name. */
export async function keptDisk({ tree, directory }: Laboratory, name: string): Promise<string> {
  const image = join(directory, `${name}.raw`)
  const overlay = join(directory, `${name}.qcow2`)
  const [file, parameters] = qemuPrograms(tree).command('qemu-img', [
    ...['convert', '-f', 'qcow2', '-O', 'raw', overlay, image],
  ])
  await promisify(execFile)(file, [...parameters])
  return image
}

/** Waits until the container answers with its page. */
export async function helloAnswers(
  machine: VirtualMachine,
  timeoutMs = BOOT_TIMEOUT_MS,
): Promise<void> {
  await until(machine, timeoutMs, async () => {
    const port = machine.hostPort(HELLO_PORT)
    const { text } = await askOnce({ port, method: 'GET', path: '/', timeoutMs: PATIENCE_MS })
    if (text !== HELLO_PAGE) throw new Error(`unexpected page: ${text}`)
  })
}

/**
 * Runs a script by the probe's shell, as root on the host. Gives what it printed; throws ScriptError. Waits for
 * the probe, but sends the script once: who repeats it because its answer was lost runs it twice.
 */
export async function onHost(machine: VirtualMachine, script: string): Promise<string> {
  await until(machine, BOOT_TIMEOUT_MS, () => runByProbe(probePort(machine), 'true', PATIENCE_MS))
  const { exitStatus, output } = await runByProbe(probePort(machine), script, SCRIPT_TIMEOUT_MS)
  if (exitStatus !== 0) throw new ScriptError(script, exitStatus, output)
  return output
}

/** Reboots the host in order, and waits for the next kernel. Gives the console's lines from then on. */
export async function reboot(machine: VirtualMachine): Promise<{ firstLine: number }> {
  const firstLine = machine.console.lines.length
  // A moment later, or the probe ends before it has answered.
  await onHost(machine, 'systemd-run --quiet --on-active=1s systemctl reboot')
  await machine.waitForLine(/Linux version/, { after: firstLine - 1, timeoutMs: 240_000 })
  return { firstLine }
}

const probePort = (machine: VirtualMachine) => machine.hostPort(PROBE_PORT)

/** A script that ran on the host and failed. */
export class ScriptError extends Error {
  readonly exitStatus: number
  readonly output: string

  constructor(script: string, exitStatus: number, output: string) {
    super(`exit status ${exitStatus} of: ${script}\n${output}`)
    this.exitStatus = exitStatus
    this.output = output
  }
}

/**
 * Tries again until `action` succeeds, the console shows trouble, or time is up. What asks the host takes its one
 * emulated processor from what is waited for: not too often.
 */
export async function until<T>(
  machine: VirtualMachine,
  timeoutMs: number,
  action: () => Promise<T>,
  { everyMs = 500 }: { readonly everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    machine.throwIfFailed()
    try {
      return await action()
    } catch (error) {
      if (performance.now() > deadline) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`${reason}\nconsole:\n${machine.console.tail()}`, { cause: error })
      }
    }
    await delay(everyMs)
  }
}

function report(event: StageEvent): void {
  if (event.type === 'started') process.stderr.write(`  ${event.title} …\n`)
}
