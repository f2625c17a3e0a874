import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ifAbsent } from '../files/absence.ts'

/** Moments of the boot in microseconds. What the machine does not tell is left out. */
export type BootMoments = {
  /** The loader's start, since the firmware's (LoaderTimeInitUSec). */
  readonly loaderStartUsec?: number
  /** The loader's end, since the firmware's start (LoaderTimeExecUSec). */
  readonly loaderEndUsec?: number
  /** The initrd's systemd, since the kernel's start (CLOCK_MONOTONIC, like the next two). */
  readonly initrdUsec?: number
  /** The host's systemd. */
  readonly userspaceUsec: number
  readonly nowUsec: number
}

/** How long each part of the boot took, in milliseconds. */
export type BootTimes = {
  readonly firmwareMs?: number
  readonly loaderMs?: number
  /** Until the initrd's systemd, or the host's where there is no initrd. */
  readonly kernelMs: number
  readonly initrdMs?: number
  /** From the host's systemd until now. */
  readonly userspaceMs: number
  /** The sum of the parts. */
  readonly totalMs: number
}

/** Splits a boot at its moments, as systemd-analyze(1) does. */
export function splitBootTimes(moments: BootMoments): BootTimes {
  const { loaderStartUsec, loaderEndUsec, initrdUsec, userspaceUsec, nowUsec } = moments
  // Moments out of order come from a firmware whose clock cannot be trusted.
  const hasLoader =
    loaderStartUsec !== undefined && loaderEndUsec !== undefined && loaderEndUsec >= loaderStartUsec
  const parts = {
    ...(hasLoader && {
      firmwareMs: milliseconds(loaderStartUsec),
      loaderMs: milliseconds(loaderEndUsec - loaderStartUsec),
    }),
    kernelMs: milliseconds(initrdUsec ?? userspaceUsec),
    ...(initrdUsec !== undefined && { initrdMs: milliseconds(userspaceUsec - initrdUsec) }),
    userspaceMs: milliseconds(nowUsec - userspaceUsec),
  }
  const totalMs = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return { ...parts, totalMs }
}

/** One line for people: `firmware 1.2 s + loader 0.3 s + … = 9.9 s`. */
export function formatBootTimes(times: BootTimes): string {
  const parts: readonly [string, number | undefined][] = [
    ['firmware', times.firmwareMs],
    ['loader', times.loaderMs],
    ['kernel', times.kernelMs],
    ['initrd', times.initrdMs],
    ['userspace', times.userspaceMs],
  ]
  const known = parts.filter((part): part is [string, number] => part[1] !== undefined)
  const sum = known.map(([name, ms]) => `${name} ${seconds(ms)}`).join(' + ')
  return `${sum} = ${seconds(times.totalMs)}`
}

/**
 * Reads a time from the content of an EFI variable file: four bytes of attributes, then a decimal
 * number in UTF-16 (systemd's Boot Loader Interface). Undefined when it is anything else.
 */
export function parseLoaderTime(content: Buffer): number | undefined {
  const text = content.subarray(4).toString('utf16le').replace(/\0+$/, '')
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Reads `systemctl show`'s lines `NAME=MICROSECONDS`; zero means that it did not happen. */
export function parseTimestamps(output: string): ReadonlyMap<string, number> {
  const lines = [...output.matchAll(/^(\w+)=(\d+)$/gm)]
  return new Map(
    lines
      .map(([, name = '', value]): [string, number] => [name, Number(value)])
      .filter(([, value]) => value > 0),
  )
}

/** Reads this boot's moments: EFI variables where there are any, and systemd's time stamps. */
export async function readBootMoments(): Promise<BootMoments> {
  const [loaderStartUsec, loaderEndUsec, timestamps] = await Promise.all([
    readLoaderTime('LoaderTimeInitUSec'),
    readLoaderTime('LoaderTimeExecUSec'),
    readTimestamps(),
  ])
  const initrdUsec = timestamps.get('InitRDTimestampMonotonic')
  const userspaceUsec = timestamps.get('UserspaceTimestampMonotonic')
  if (userspaceUsec === undefined) throw new Error('systemd does not tell when it started')
  return {
    ...(loaderStartUsec !== undefined && { loaderStartUsec }),
    ...(loaderEndUsec !== undefined && { loaderEndUsec }),
    ...(initrdUsec !== undefined && { initrdUsec }),
    userspaceUsec,
    // Node's high-resolution time is CLOCK_MONOTONIC too.
    nowUsec: Number(process.hrtime.bigint() / 1000n),
  }
}

/** The vendor of the variables in systemd's Boot Loader Interface. */
const loaderVendor = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'

async function readLoaderTime(name: string): Promise<number | undefined> {
  const path = join('/sys/firmware/efi/efivars', `${name}-${loaderVendor}`)
  const content = await readFile(path).catch(ifAbsent)
  return content && parseLoaderTime(content)
}

async function readTimestamps(): Promise<ReadonlyMap<string, number>> {
  const properties = 'InitRDTimestampMonotonic,UserspaceTimestampMonotonic'
  const { stdout } = await promisify(execFile)('systemctl', ['show', `--property=${properties}`])
  return parseTimestamps(stdout)
}

function milliseconds(usec: number): number {
  return Math.round(usec / 1000)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
