import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { qemuErrors } from '../errors/qemu.ts'
import { ifAbsent } from '../files/absence.ts'
import { endingWithUs } from './launch.ts'
import type { Programs } from './programs.ts'

/** A TPM 2.0 made of software, which answers on a socket. */
export type PlannedTpm = {
  /** The folder that keeps what the TPM remembers; made if missing. */
  readonly state: string
  /** The unix socket on which QEMU speaks to it. */
  readonly socket: string
}

const startTimeoutMs = 10_000
const pollIntervalMs = 10

/**
 * Starts swtpm, which ends with QEMU's connection, and with this process at the latest. Resolves when it
 * listens. Throws SLIPWAY_QEMU_TPM_FAILED, SLIPWAY_QEMU_PROGRAM_MISSING.
 */
export async function startTpm(
  programs: Programs,
  { state, socket }: PlannedTpm,
): Promise<{ end(): void }> {
  await mkdir(state, { recursive: true, mode: 0o700 })
  const [file, parameters] = programs.command('swtpm', [
    ...['socket', '--tpm2', '--terminate'],
    ...['--tpmstate', `dir=${state}`, '--ctrl', `type=unixio,path=${socket}`],
  ])
  const child = spawn(...endingWithUs(file, parameters), {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  await once(child, 'spawn')
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  try {
    await listens(child, socket, () => output)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return { end: () => void child.kill('SIGKILL') }
}

async function listens(child: ChildProcess, socket: string, output: () => string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  while ((await stat(socket).catch(ifAbsent)) === undefined) {
    const runs = child.exitCode === null && child.signalCode === null
    if (runs && performance.now() < deadline) await delay(pollIntervalMs)
    else
      throw qemuErrors.error('SLIPWAY_QEMU_TPM_FAILED', {
        output: output().trim() || 'it does not listen',
      })
  }
}
