import { mkdir, stat } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startErrors } from '../errors/start.ts'
import type { ImageDefinition } from '../image/definition.ts'
import { type BuiltImage, buildImage } from '../pipeline/index.ts'
import type { StageEvent } from '../pipeline/store.ts'
import { startVirtualMachine, type VirtualMachine } from '../qemu-runner/index.ts'
import { busyboxImageStage } from './busybox-image.ts'
import { ignitionConfig } from './host-config.ts'
import { machineTree } from './machine-tree.ts'
import { qemuPrograms } from './programs.ts'
import { startRegistry } from './registry.ts'
import { troubleSigns } from './trouble-signs.ts'

export type StartOptions = {
  readonly project: string
  readonly cache: string
  readonly locked: boolean
  readonly signal: AbortSignal
  readonly emit: (event: StageEvent) => void
  /** Port of this machine that leads to the container; a free one unless told. */
  readonly port?: number
  readonly memoryMiB: number
  /** More kernel arguments, for debugging a boot: the UKI's stub takes them where Secure Boot is off. */
  readonly kernelArguments?: string
}

export type RunningHost = {
  readonly image: BuiltImage
  readonly machine: VirtualMachine
  readonly url: string
  /** Milliseconds from QEMU's start to the container's answer. */
  readonly answeredAfterMs: number
  /** The host's own account of its boot, as it printed it. */
  readonly bootTimes: string
  readonly serialLog: string
  /** Powers the machine off cleanly and ends the registry. */
  stop(): Promise<void>
}

const GUEST_PORT = 8080
const PAGE = 'Hello from a container on Slipway.\n'
const ANSWER_TIMEOUT_MS = 240_000
const POWER_OFF_TIMEOUT_MS = 60_000

/** What `startHost` does after the build, for progress displays. */
export const startSteps = {
  registry: 'Start a registry with a container image',
  boot: 'Boot the image',
  answer: 'Wait for the container to answer',
} as const

/**
 * Builds an image, boots it in a virtual machine with a config that declares a container, and waits until that
 * container answers. Throws what the build throws, SLIPWAY_QEMU_TROUBLE, SLIPWAY_START_NO_ANSWER.
 */
export async function startHost(
  definition: ImageDefinition,
  options: StartOptions,
): Promise<RunningHost> {
  const { signal, cache } = options
  const [image, { tree, store }] = await Promise.all([
    buildImage(definition, options),
    machineTree(definition.debian, options),
  ])
  const page = { '/www/index.html': { text: PAGE, mode: 0o644 } }
  const command = ['/bin/httpd', '-f', '-p', String(GUEST_PORT), '-h', '/www']
  const container = await store.run(busyboxImageStage, { tree, files: page, command })
  await store.close()
  const step = steps(options.emit)
  const registry = await step('registry', async () => {
    const started = await startRegistry(tree, signal)
    try {
      await started.push(container.files.layout, 'slipway/hello', '1')
      return started
    } catch (error) {
      await started.stop()
      throw error
    }
  })
  const serialLog = join(cache, 'console.log')
  let machine: VirtualMachine | undefined
  try {
    await mkdir(cache, { recursive: true })
    const booting = await step('boot', () =>
      startVirtualMachine({
        name: 'slipway',
        boot: { from: 'firmware' },
        programs: qemuPrograms(tree),
        memoryMiB: options.memoryMiB,
        disks: [bootDisk(image)],
        forwards: [{ hostPort: options.port ?? 0, guestPort: GUEST_PORT }],
        fwCfg: { 'opt/com.coreos/config': { text: helloConfig(registry.guestName) } },
        smbios: { oemStrings: [extraArguments(kernelArguments(options))] },
        serialLog,
        troubleSigns,
        signal,
      }),
    )
    machine = booting
    const startedMs = performance.now()
    const url = `http://127.0.0.1:${booting.hostPort(GUEST_PORT)}/`
    await step('answer', () => waitForAnswer(booting, url, serialLog, signal))
    const answeredAfterMs = performance.now() - startedMs
    const line = await booting.waitForLine(BOOT_TIMES, { timeoutMs: 30_000 })
    return {
      image,
      machine: booting,
      url,
      answeredAfterMs,
      bootTimes: withFirmware(BOOT_TIMES.exec(line.text)?.[1] ?? '', line.atMs),
      serialLog,
      stop: async () => {
        try {
          await powerOff(booting, serialLog)
        } finally {
          await registry.stop()
        }
      },
    }
  } catch (error) {
    await machine?.kill()
    await registry.stop()
    throw error
  }
}

/** The line that the supervisor writes to the console when it is up. */
const BOOT_TIMES = /slipway: booted: (.*)$/

/**
 * Adds the time before the kernel where the host could not measure it: under emulation the boot loader
 * has no clock. `printedAfterMs` is when the line came, since QEMU's start.
 */
export function withFirmware(bootTimes: string, printedAfterMs: number): string {
  const total = /= ([\d.]+) s/.exec(bootTimes)?.[1]
  if (bootTimes.includes('firmware') || total === undefined) return bootTimes
  const before = Math.max(0, printedAfterMs / 1000 - Number(total))
  const sum = (before + Number(total)).toFixed(1)
  return `firmware and loader ${before.toFixed(1)} s + ${bootTimes.replace(/= [\d.]+ s/, `= ${sum} s`)}`
}

/** Sizes that a user asks about, in bytes: the disk image, and what of it is /usr and UKI. */
export async function imageSizes(
  image: BuiltImage,
): Promise<{ disk: number; usr: number; uki: number }> {
  const { blocks } = await stat(image.converted.qcow2?.files.image ?? image.disk.files.raw)
  return { disk: blocks * 512, usr: image.usr.facts.imageBytes, uki: image.uki.facts.sizeBytes }
}

/** Whatever platform the image is for, here its config comes from QEMU. */
function kernelArguments(options: StartOptions): string {
  return ['ignition.platform.id=qemu', options.kernelArguments ?? ''].join(' ').trim()
}

/** The SMBIOS string by which systemd-stub takes more kernel arguments. */
export function extraArguments(text: string) {
  return { text: `io.systemd.stub.kernel-cmdline-extra=${text}` }
}

export function bootDisk(image: BuiltImage) {
  const sizeBytes = 8 * 2 ** 30
  return { image: image.disk.files.raw, format: 'raw' as const, sizeBytes }
}

function helloConfig(registry: string): string {
  const hello = {
    image: `${registry}/slipway/hello:1`,
    ports: [`${GUEST_PORT}:${GUEST_PORT}`],
    restart: 'always',
  }
  return ignitionConfig({
    compose: { hello: { services: { hello } } },
    insecureRegistries: [registry],
  })
}

async function waitForAnswer(
  machine: VirtualMachine,
  url: string,
  log: string,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS
  let last = 'no answer'
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    machine.throwIfFailed()
    const answer = await ask(url).catch((error: Error) => {
      last = error.message
      return undefined
    })
    if (answer?.text === PAGE) return
    if (answer)
      throw startErrors.error('SLIPWAY_START_WRONG_ANSWER', { url, status: answer.status })
    await delay(100, undefined, { signal })
  }
  throw startErrors.error('SLIPWAY_START_NO_ANSWER', {
    url,
    seconds: ANSWER_TIMEOUT_MS / 1000,
    last,
    log,
    tail: machine.console.tail(),
  })
}

function ask(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, timeout: 2000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (data: string) => {
        text += data
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
      .on('timeout', function (this: { destroy(error: Error): void }) {
        this.destroy(new Error('no answer within 2 s'))
      })
      .on('error', reject)
  })
}

async function powerOff(machine: VirtualMachine, log: string): Promise<void> {
  const { forced } = await machine.powerOff({ timeoutMs: POWER_OFF_TIMEOUT_MS })
  if (forced)
    throw startErrors.error('SLIPWAY_START_NOT_CLEAN', {
      seconds: POWER_OFF_TIMEOUT_MS / 1000,
      log,
    })
}

/** Reports what happens after the build in the same events as the build's stages. */
function steps(emit: (event: StageEvent) => void) {
  return async <T>(stage: keyof typeof startSteps, action: () => Promise<T>): Promise<T> => {
    const event = { stage, title: startSteps[stage] }
    const reason = { kind: 'first run' } as const
    const startedMs = performance.now()
    emit({ ...event, type: 'started', reason })
    try {
      const value = await action()
      emit({ ...event, type: 'finished', reason, tookMs: performance.now() - startedMs })
      return value
    } catch (error) {
      emit({ ...event, type: 'failed', error })
      throw error
    }
  }
}
