import { readdir, readFile, stat } from 'node:fs/promises'
import { uptime } from 'node:os'
import { cgroupOf } from './cgroup.ts'

/** A process of a container, as ps(1) with `-ef` shows it. */
export type ProcessRow = {
  readonly user: string
  readonly pid: number
  readonly parentPid: number
  /** `HH:MM`. */
  readonly startedAt: string
  readonly terminal: string
  /** `HH:MM:SS`. */
  readonly cpuTime: string
  readonly command: string
}

/** USER_HZ, which is 100 on every architecture that we run on. */
const ticksPerSecond = 100

/** The processes in the cgroup of a container and below it, by the host's numbers. */
export async function containerProcesses(
  { id, pid }: { readonly id: string; readonly pid: number },
  cgroupRoot: string,
): Promise<ProcessRow[]> {
  const pids = await pidsBelow(`${cgroupRoot}${await cgroupOf(pid, id)}`)
  const names = userNames(await readFile('/etc/passwd', 'utf8').catch(() => ''))
  const rows = await Promise.all(pids.map((one) => rowOf(one, names)))
  return rows.filter((row) => row !== undefined).sort((a, b) => a.pid - b.pid)
}

async function pidsBelow(cgroup: string): Promise<number[]> {
  const own = await readFile(`${cgroup}/cgroup.procs`, 'utf8').catch(() => '')
  const entries = await readdir(cgroup, { withFileTypes: true }).catch(() => [])
  const below = entries.filter((entry) => entry.isDirectory())
  const deeper = await Promise.all(below.map(({ name }) => pidsBelow(`${cgroup}/${name}`)))
  return [...own.split('\n').filter(Boolean).map(Number), ...deeper.flat()]
}

/** Undefined for a process that has just ended. */
async function rowOf(
  pid: number,
  names: ReadonlyMap<number, string>,
): Promise<ProcessRow | undefined> {
  try {
    const [text, commandLine, { uid }] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      stat(`/proc/${pid}`),
    ])
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const numbers = fields.map(Number)
    const at = (index: number) => numbers[index] ?? 0
    const startedMs = Date.now() - (uptime() - at(19) / ticksPerSecond) * 1000
    return {
      user: names.get(uid) ?? String(uid),
      pid,
      parentPid: at(1),
      startedAt: new Date(startedMs).toISOString().slice(11, 16),
      terminal: terminalName(at(4)),
      cpuTime: clock((at(11) + at(12)) / ticksPerSecond),
      command:
        commandLine === '' ? `[${name}]` : commandLine.replace(/\0+$/, '').replaceAll('\0', ' '),
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/** The major number of pseudo terminals. */
const pts = 136

function terminalName(device: number): string {
  if (device === 0) return '?'
  return device >>> 8 === pts ? `pts/${device & 0xff}` : String(device)
}

function clock(seconds: number): string {
  const parts = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds) % 60,
  ]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

function userNames(passwd: string): ReadonlyMap<number, string> {
  return new Map(
    passwd
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length > 2)
      .map(([name = '', , uid]) => [Number(uid), name]),
  )
}
