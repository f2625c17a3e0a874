import { readFile } from 'node:fs/promises'
import type { ProcessIdentity } from '../containers/container.ts'

/** Identifies this boot of the kernel. */
export async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** The identity of a process that is there; undefined for none, and for a zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The command, in brackets, may itself have blanks and brackets: see proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const startTime = fields[19]
    if (startTime === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined
    return { pid, startTime }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/** Ends a process; one that has ended by itself meanwhile is no mistake. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(process.pid))?.startTime === process.startTime
}
