import { constants } from 'node:fs'
import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ExecaError, execa } from 'execa'
import { qemuErrors } from '../errors/qemu.ts'
import type { Acceleration } from './options.ts'
import { probeAcceleration } from './probe.ts'
import { findProgram, type Programs } from './programs.ts'
import { isObject } from './qmp.ts'
import { makeSettledFile } from './settled-file.ts'

export type AccelerationChoice = {
  readonly acceleration: Acceleration
  /** Why, in a sentence for people. */
  readonly reason: string
}

export type AccelerationOptions = {
  readonly programs: Programs
  /** A Linux kernel that the probe boots; without one, a boot sector has to do. */
  readonly kernel?: string
  /** Where answers are remembered; `defaultAccelerationCache()` unless told. */
  readonly cacheFile?: string
  /** For the private folders of the probe's machines. */
  readonly directory?: string
  readonly signal?: AbortSignal
  /** `process.env` unless told; SLIPWAY_ACCEL in it overrides the probe. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Chooses between KVM and emulation by really running a guest, because a /dev/kvm that opens, and even
 * makes a virtual CPU, may still run no kernel. The answer is remembered until the machine restarts or
 * QEMU or the kernel changes. Throws SLIPWAY_QEMU_ACCELERATION_UNKNOWN for a wrong override.
 */
export async function chooseAcceleration(
  options: AccelerationOptions,
): Promise<AccelerationChoice> {
  const override = (options.environment ?? process.env).SLIPWAY_ACCEL
  if (override !== undefined && override !== '') return overridden(override)
  const closed = await closedReason()
  if (closed !== undefined) return { acceleration: 'tcg', reason: closed }
  const cacheFile = options.cacheFile ?? defaultAccelerationCache()
  const key = await situation(options)
  const remembered = await readCache(cacheFile)
  const known = remembered[key]
  if (known) return known
  const choice = await probeAcceleration(options)
  await writeCache(cacheFile, key, choice, remembered)
  return choice
}

export function defaultAccelerationCache(): string {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(home, 'slipway', 'acceleration.json')
}

function overridden(value: string): AccelerationChoice {
  if (value === 'kvm' || value === 'tcg')
    return { acceleration: value, reason: `SLIPWAY_ACCEL is ${value}` }
  throw qemuErrors.error('SLIPWAY_QEMU_ACCELERATION_UNKNOWN', { value })
}

async function closedReason(): Promise<string | undefined> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'there is no /dev/kvm' : `/dev/kvm cannot be opened (${code})`
  }
}

/** What the answer depends on, as text; begins with the boot's ID. */
async function situation({ programs, kernel }: AccelerationOptions): Promise<string> {
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const guest = kernel === undefined ? 'boot sector' : await fileText(resolve(kernel))
  return [bootId, `uid ${process.getuid?.()}`, await qemuVersion(programs), guest].join(' | ')
}

async function fileText(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  return `${path} ${size} ${mtimeMs}`
}

async function qemuVersion(programs: Programs): Promise<string> {
  const [file, all] = programs.command('qemu-system-x86_64', ['--version'])
  try {
    const { stdout } = await execa(file, all, { stdin: 'ignore' })
    return stdout.split('\n')[0] ?? ''
  } catch (error) {
    if (error instanceof ExecaError && error.code === 'ENOENT') findProgram(file)
    throw error
  }
}

type Cache = Readonly<Record<string, AccelerationChoice>>

async function readCache(path: string): Promise<Cache> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isObject(content) ? Object.fromEntries(Object.entries(content).filter(isEntry)) : {}
  } catch (error) {
    // A cache that is damaged is a cache that is empty.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError)
      return {}
    throw error
  }
}

function isEntry(entry: [string, unknown]): entry is [string, AccelerationChoice] {
  const [, choice] = entry
  return (
    isObject(choice) &&
    (choice.acceleration === 'kvm' || choice.acceleration === 'tcg') &&
    typeof choice.reason === 'string'
  )
}

/** Keeps the answers of this boot only. */
async function writeCache(
  path: string,
  key: string,
  choice: AccelerationChoice,
  before: Cache,
): Promise<void> {
  const bootId = key.split(' | ')[0] ?? ''
  const kept = Object.entries(before).filter(([other]) => other.startsWith(bootId))
  const content = { ...Object.fromEntries(kept), [key]: choice }
  await mkdir(dirname(path), { recursive: true })
  await makeSettledFile(path, (temporary) =>
    writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`),
  )
}
