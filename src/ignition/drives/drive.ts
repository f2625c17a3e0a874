import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ignitionErrors } from '../../errors/ignition.ts'
import type { Log } from '../log.ts'
import { lstatIfExists, TargetRoot } from '../root/target-root.ts'
import { reasonOf } from '../sources/failure.ts'

export type DriveRequest = {
  /** Device nodes; the first one that is there is read. */
  readonly devices: readonly string[]
  /** Absolute paths on its file system; the first one that is there is read. */
  readonly paths: readonly string[]
  readonly log: Log
  /** Ends the wait for the device; what is mounted is unmounted all the same. */
  readonly signal: AbortSignal | undefined
  /** The first type that can be mounted counts; found out when there are none. */
  readonly types?: readonly string[]
  /** A file that must be there, or it is another drive. */
  readonly mark?: string
  /** Passes over files, such as those for another program. */
  readonly accepts?: (data: Buffer) => boolean
}

export type DriveContent = { readonly data?: Buffer }

const run = promisify(execFile)
const pollMs = 250

/**
 * Waits for a drive, and reads a file of it: mounted read-only, without devices, programs and
 * setuid bits, and links on it lead nowhere outside. undefined when it has no mark, and no data when
 * it has none of the files. Throws SLIPWAY_IGNITION_SOURCE_UNREADABLE, and an AbortError when the
 * signal ends the wait for another reason than time.
 */
export async function readFromDevice(request: DriveRequest): Promise<DriveContent | undefined> {
  const device = await firstDevice(request)
  const directory = mkdtempSync('/run/ignition-drive-')
  try {
    await mount(device, directory, request.types ?? ['auto'])
    try {
      return readFile(directory, request)
    } finally {
      await run('umount', [directory])
    }
  } catch (error) {
    throw unreadable(device, reasonOf(error).trim(), error)
  } finally {
    rmdirSync(directory)
  }
}

async function firstDevice({ devices, log, signal }: DriveRequest): Promise<string> {
  let hasTold = false
  for (;;) {
    const found = devices.find((device) => existsSync(device))
    if (found !== undefined) return found
    if (!hasTold) log.info(`waiting for ${devices.join(' or ')}`)
    hasTold = true
    try {
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      throw isTimeout(signal?.reason)
        ? unreadable(devices.join(' or '), 'it did not come in time')
        : error
    }
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

function unreadable(path: string, reason: string, cause?: unknown) {
  return ignitionErrors.error('SLIPWAY_IGNITION_SOURCE_UNREADABLE', { path, reason }, cause)
}

async function mount(device: string, directory: string, types: readonly string[]): Promise<void> {
  const options = ['-o', 'ro,nosuid,nodev,noexec']
  const failures: unknown[] = []
  for (const type of types)
    try {
      await run('mount', [...options, '-t', type, device, directory])
      return
    } catch (error) {
      failures.push(error)
    }
  throw failures.at(-1)
}

function readFile(
  directory: string,
  { paths, mark, accepts = () => true, log }: DriveRequest,
): DriveContent | undefined {
  const root = new TargetRoot(directory)
  const isThere = (path: string) => lstatIfExists(path)?.isFile() === true
  const at = (path: string) => root.resolve(path, { followLast: true })
  if (mark !== undefined && !isThere(at(mark))) return undefined
  for (const path of paths) {
    if (!isThere(at(path))) continue
    const data = readFileSync(at(path))
    if (accepts(data)) return { data }
    log.info(`passing over ${join('/', path)} of the drive`)
  }
  return {}
}
