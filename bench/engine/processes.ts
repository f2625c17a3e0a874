import { readdir, readFile, readlink } from 'node:fs/promises'
import { ifGone } from '../../src/files/absence.ts'

/** Memory of processes, in bytes (proc_pid_smaps(5)). */
export type Memory = {
  /** What would be free if they ended, file pages that nobody else has included. */
  readonly privateBytes: number
  /** What no file backs. */
  readonly anonymousBytes: number
  /** Their share of everything that they have. */
  readonly shareBytes: number
}

/**
 * The processes of an engine: those of its world's own process namespace, without the registry and the world's first
 * process. Containers have namespaces of their own.
 */
export async function engineProcesses(firstPid: number): Promise<number[]> {
  const namespace = await readlink(`/proc/${firstPid}/ns/pid`)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [theirs, name] = await Promise.all([
        readlink(`/proc/${pid}/ns/pid`).catch(ifForeign),
        readFile(`/proc/${pid}/comm`, 'utf8').catch(ifGone),
      ])
      return theirs === namespace && name?.trim() !== 'docker-registry' ? [pid] : []
    }),
  )
  return found.flat().filter((pid) => pid !== firstPid)
}

/** What they have together. */
export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  const each = await Promise.all(
    pids.map(async (pid) => await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(ifGone)),
  )
  const reports = each.flatMap((text) => (text === undefined ? [] : parseRollup(text)))
  const sum = (pick: (memory: Memory) => number) =>
    reports.reduce((total, one) => total + pick(one), 0)
  return {
    privateBytes: sum((one) => one.privateBytes),
    anonymousBytes: sum((one) => one.anonymousBytes),
    shareBytes: sum((one) => one.shareBytes),
  }
}

/** The sums of smaps_rollup. */
export function parseRollup(text: string): Memory {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024
  return {
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
    anonymousBytes: bytes('Anonymous'),
    shareBytes: bytes('Pss'),
  }
}

/** Milliseconds of processor time that they and the programs which they waited for have taken so far. */
export async function cpuMsOf(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => await readFile(`/proc/${pid}/stat`, 'utf8').catch(ifGone)),
  )
  return each.reduce((sum, text) => sum + (text === undefined ? 0 : parseCpuMs(text)), 0)
}

/** USER_HZ is 100 on every architecture that we run on. */
const msPerTick = 10

/** utime, stime, cutime and cstime of /proc/PID/stat. */
export function parseCpuMs(stat: string): number {
  // The name in brackets may have blanks of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field) * msPerTick, 0)
}

/** Some processes of a machine are not even root's to look at: they are of no engine. */
function ifForeign(error: NodeJS.ErrnoException): undefined {
  return error.code === 'EACCES' || error.code === 'EPERM' ? undefined : ifGone(error)
}
