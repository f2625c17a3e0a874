import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'

export type RunOptions = {
  /** What the program reads: keys, which must not be on its command line. */
  readonly input?: string | Uint8Array
  /** Exit statuses that are answers; 0 unless told. */
  readonly accept?: readonly number[]
  readonly environment?: Readonly<Record<string, string>>
}

export type Ran = { readonly status: number; readonly output: Buffer }

/**
 * Runs a program to its end, in the C locale.
 * @throws SLIPWAY_IGNITION_PROGRAM_MISSING, SLIPWAY_IGNITION_PROGRAM_FAILED with what it said
 */
export function runProgram(
  program: string,
  parameters: readonly string[],
  { input = '', accept = [0], environment = {} }: RunOptions = {},
): Promise<Ran> {
  requireProgram(program)
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment, LC_ALL: 'C.UTF-8' }
    const child = spawn(program, parameters, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    // A program that ends without reading is judged by its exit status.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.once('error', (cause) => reject(failed(program, cause.message, '', cause)))
    child.once('close', (status, signal) => {
      if (status !== null && accept.includes(status)) {
        resolve({ status, output: Buffer.concat(output) })
        return
      }
      const said = Buffer.concat([...output, ...errors])
        .toString('utf8')
        .trim()
      reject(failed(program, signal ?? `exit status ${status}`, lastLines(said)))
    })
  })
}

/** Programs say what went wrong at the end, some after all that they can do. */
function lastLines(text: string): string {
  return text.split('\n').slice(-5).join('\n').slice(-1000)
}

/** Options of an image definition that bring a program: `provisioning.<option>: true`. */
const optionOf: Readonly<Record<string, string>> = {
  'mkfs.ext4': 'disks',
  'mkfs.btrfs': 'btrfs',
  'mkfs.vfat': 'vfat',
  'mkfs.xfs': 'xfs',
  'systemd-cryptenroll': 'tpm2',
  blkid: 'disks',
  cryptsetup: 'luks',
  lsblk: 'disks',
  mdadm: 'raid',
  mkswap: 'disks',
  partx: 'disks',
  sfdisk: 'disks',
  wipefs: 'disks',
}

/** Throws SLIPWAY_IGNITION_PROGRAM_MISSING, which names the option that brings the program. */
export function requireProgram(program: string): void {
  if (hasProgram(program)) return
  const remedy = optionOf[program]
  throw ignitionDiskErrors.error('SLIPWAY_IGNITION_PROGRAM_MISSING', {
    program,
    remedy:
      remedy === undefined
        ? `the program ${program} under strip.executables`
        : `provisioning.${remedy}: true`,
  })
}

export function hasProgram(program: string): boolean {
  return (process.env.PATH ?? '/usr/sbin:/usr/bin').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function failed(program: string, reason: string, output: string, cause?: unknown) {
  const details = { program, reason, output: output === '' ? 'it said nothing' : output }
  return ignitionDiskErrors.error('SLIPWAY_IGNITION_PROGRAM_FAILED', details, cause)
}
