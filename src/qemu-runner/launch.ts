import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex, Readable, Writable } from 'node:stream'
import { monitorDescriptor } from './arguments.ts'
import { findProgram } from './programs.ts'

/** A running QEMU with its ends of the console and of the monitor's socket. */
export type QemuProcess = {
  readonly child: ChildProcess
  readonly consoleInput: Writable
  readonly consoleOutput: Readable
  readonly diagnostics: Readable
  readonly monitor: Duplex
}

/** Runs a program only while the process with number $0 is the parent, whose end is then its own. */
const onlyWithParent = '[ "$PPID" = "$0" ] && exec "$@"'

/**
 * A command line whose program cannot outlive this process, not even when this one is killed: the kernel
 * sends it SIGKILL then (PR_SET_PDEATHSIG in prctl(2)). A parent that ends before that is set would
 * go unnoticed, so the shell compares its parent afterwards.
 *
 * The kernel means the parent's *thread*: a program started from a worker ends with that worker.
 */
export function endingWithUs(
  file: string,
  parameters: readonly string[],
): [file: string, parameters: string[]] {
  const shell = ['--pdeathsig', 'KILL', '--', '/bin/sh', '-c', onlyWithParent]
  return [findProgram('setpriv'), [...shell, String(process.pid), file, ...parameters]]
}

/**
 * Starts QEMU so that it ends with us.
 *
 * The monitor is one end of a socket pair, inherited: no path that could be too long, taken, or out
 * of a sandbox's sight, and none that another process could open.
 */
export async function launchQemu(
  file: string,
  parameters: readonly string[],
): Promise<QemuProcess> {
  const child = spawn(
    ...endingWithUs(file, parameters),
    // A session of its own: Ctrl-C in the terminal must reach us alone, or QEMU would end on the spot.
    { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true },
  )
  await once(child, 'spawn')
  const [consoleInput, consoleOutput, diagnostics] = [child.stdin, child.stdout, child.stderr]
  const monitor = child.stdio[monitorDescriptor] as unknown as Duplex
  // A guest that has ended takes no more input; its end is reported by the process itself.
  consoleInput.on('error', () => {})
  return { child, consoleInput, consoleOutput, diagnostics, monitor }
}
