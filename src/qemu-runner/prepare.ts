import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { MachinePlan, PlannedDisk } from './arguments.ts'
import { makeOverlay, makeVariables } from './disk-images.ts'
import type { Acceleration, Boot, Content, Disk, VirtualMachineOptions } from './options.ts'
import type { Programs } from './programs.ts'

/** Makes the files that a machine needs in its private folder, and plans the machine with them. */
export async function prepareMachine(
  options: VirtualMachineOptions,
  programs: Programs,
  acceleration: Acceleration,
  directory: string,
): Promise<MachinePlan> {
  const { oemStrings = [], ...smbios } = options.smbios ?? {}
  const disks: PlannedDisk[] = []
  for (const [index, disk] of (options.disks ?? []).entries())
    disks.push(await prepareDisk(programs, disk, join(directory, `disk${index}.qcow2`)))
  return {
    name: options.name ?? 'vm',
    acceleration,
    memoryMiB: options.memoryMiB ?? 1024,
    cpus: options.cpus ?? 2,
    boot: await prepareBoot(programs, options.boot, directory),
    disks,
    network: options.network ?? 'user',
    forwards: (options.forwards ?? []).map((forward) => ({
      protocol: forward.protocol ?? 'tcp',
      hostAddress: forward.hostAddress ?? '127.0.0.1',
      hostPort: forward.hostPort ?? 0,
      guestPort: forward.guestPort,
    })),
    fwCfg: await Promise.all(
      Object.entries(options.fwCfg ?? {}).map(async ([name, content], index) => ({
        name,
        file: await contentFile(content, join(directory, `fw-cfg${index}`)),
      })),
    ),
    smbios,
    oemStrings: await Promise.all(
      oemStrings.map((content, index) => contentFile(content, join(directory, `oem${index}`))),
    ),
    ...(options.watchdog && { watchdog: options.watchdog }),
    ...(options.tpm && {
      tpm: {
        state: resolve(options.tpm.state ?? join(directory, 'tpm')),
        socket: join(directory, 'tpm.sock'),
      },
    }),
    exitOnReboot: options.exitOnReboot ?? false,
    serialLog: options.serialLog ? resolve(options.serialLog) : join(directory, 'serial.log'),
    extraArguments: options.extraArguments ?? [],
  }
}

async function prepareDisk(
  programs: Programs,
  disk: Disk,
  throwAway: string,
): Promise<PlannedDisk> {
  const file = disk.overlay === undefined ? throwAway : resolve(disk.overlay)
  await makeOverlay(programs, disk, file)
  const writeLog = disk.writeLog === undefined ? undefined : resolve(disk.writeLog)
  if (writeLog !== undefined) await writeFile(writeLog, '')
  return {
    file,
    ...(writeLog !== undefined && { writeLog }),
    ...(disk.serial !== undefined && { serial: disk.serial }),
    durable: disk.overlay !== undefined,
  }
}

async function prepareBoot(
  programs: Programs,
  boot: Boot,
  directory: string,
): Promise<MachinePlan['boot']> {
  if (boot.from !== 'firmware') return boot
  const variables = boot.variables ? resolve(boot.variables) : join(directory, 'variables.qcow2')
  await makeVariables(programs, variables)
  return { from: 'firmware', code: programs.firmware.code, variables }
}

/** Text goes by a file too: it may be long, and an argument is seen by everyone on the machine. */
async function contentFile(content: Content, path: string): Promise<string> {
  if ('file' in content) return resolve(content.file)
  await writeFile(path, content.text, { mode: 0o600 })
  return path
}
