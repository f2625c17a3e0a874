import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ifGone, namesIn } from '../../files/absence.ts'
import type { Directories } from '../directories.ts'

const pollIntervalMs = 20
const timeoutMs = 10_000

/** Programs that a supervisor runs to their end, and conmon for it; none of them is a container's or a helper's for long. */
const passing = ['crun', 'netavark', 'mount', 'umount', 'nsenter', 'unshare']

/**
 * Waits for what an earlier supervisor had begun and what goes on without it: a bridge that is still being
 * set up must not be torn down meanwhile. Gives the command lines of those that do not end in ten seconds.
 */
export async function orphansEnded(directories: Directories): Promise<readonly string[]> {
  for (let waitedMs = 0; ; waitedMs += pollIntervalMs) {
    const left = await orphans(directories)
    if (left.length === 0 || waitedMs >= timeoutMs) return left
    await sleep(pollIntervalMs)
  }
}

async function orphans(directories: Directories): Promise<readonly string[]> {
  const numbers = (await namesIn('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(numbers.map((pid) => orphan(Number(pid), directories)))
  return found.filter((commandLine) => commandLine !== undefined)
}

async function orphan(pid: number, { runtime, state }: Directories): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(ifGone)
  if (text === undefined || !isPassing(text, [runtime, state])) return undefined
  // The first process of a container that was not let go yet is still called as its maker was.
  const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(ifGone)
  if (cgroup === undefined || /\/slipway-containers\/|\.scope\/container/.test(cgroup))
    return undefined
  return text.replaceAll('\0', ' ').trim()
}

/** Whether a command line, as /proc has it, is of such a program at work in these directories. */
export function isPassing(commandLine: string, directories: readonly string[]): boolean {
  const [program = '', ...rest] = commandLine.split('\0')
  return (
    passing.includes(basename(program)) &&
    rest.some((word) => directories.some((directory) => word.includes(`${directory}/`)))
  )
}
