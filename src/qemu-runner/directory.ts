import { mkdtempSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder that holds the machines' private folders unless another is named. */
export function defaultDirectory(): string {
  return join(tmpdir(), `slipway-qemu-${process.getuid?.() ?? 0}`)
}

/**
 * Makes a private folder for one machine below `root`, and removes those whose owners are gone. The
 * owner stands in the folder's name, so that it is known from the moment the folder is there.
 */
export async function openPrivateDirectory(root: string): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  await refuseForeign(root)
  await removeStale(root)
  return mkdtempSync(join(root, `${ownerText(await thisProcess())}-`))
}

/** Removes the folders below `root` whose owning process has ended. */
export async function removeStale(root: string): Promise<void> {
  const me = await thisProcess()
  for (const name of await readdir(root)) {
    const owner = parseOwner(name)
    if (owner && (await isGone(owner, me)))
      await rm(join(root, name), { recursive: true, force: true })
  }
}

/** A process, told apart from a later one with the same number. */
export type Owner = {
  /** First digits of the kernel's boot ID. */
  readonly boot: string
  /** Inode of the PID name space. */
  readonly space: string
  readonly pid: number
  /** Clock ticks from the kernel's boot to the process's start. */
  readonly startTicks: string
}

export function ownerText({ boot, space, pid, startTicks }: Owner): string {
  return `${boot}-${space}-${pid}-${startTicks}`
}

/** Reads the owner from a folder's name; undefined when it is not one of ours. */
export function parseOwner(name: string): Owner | undefined {
  const match = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)-\w{6}$/.exec(name)
  if (!match) return undefined
  const [, boot = '', space = '', pid = '', startTicks = ''] = match
  return { boot, space, pid: Number(pid), startTicks }
}

async function thisProcess(): Promise<Owner> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).slice(0, 8)
  const space = /\d+/.exec(await readlink('/proc/self/ns/pid'))?.[0] ?? '0'
  const startTicks = (await startTicksOf(process.pid)) ?? '0'
  return { boot, space, pid: process.pid, startTicks }
}

async function isGone(owner: Owner, me: Owner): Promise<boolean> {
  if (owner.boot !== me.boot) return true
  // Another PID name space (a container with the same /tmp): its processes cannot be seen from here.
  if (owner.space !== me.space) return false
  return (await startTicksOf(owner.pid)) !== owner.startTicks
}

async function startTicksOf(pid: number): Promise<string | undefined> {
  try {
    return parseStartTicks(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the name in field 2 may hold spaces and brackets. */
export function parseStartTicks(stat: string): string | undefined {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** In a shared /tmp anyone could have made the folder first, to read what we put there. */
async function refuseForeign(root: string): Promise<void> {
  const status = await lstat(root)
  if (status.isDirectory() && status.uid === process.getuid?.()) return
  throw Object.assign(new Error(`${root} is not a folder of this user`), { code: 'EPERM' })
}
