import type { Acceleration, Smbios, WatchdogAction } from './options.ts'
import type { PlannedTpm } from './tpm.ts'

/** A machine with every file in its place: what QEMU's command line is made from. */
export type MachinePlan = {
  readonly name: string
  readonly acceleration: Acceleration
  readonly memoryMiB: number
  readonly cpus: number
  readonly boot:
    | { readonly from: 'firmware'; readonly code: string; readonly variables: string }
    | {
        readonly from: 'kernel'
        readonly kernel: string
        readonly initrd?: string
        readonly commandLine?: string
      }
    | { readonly from: 'bios' }
  readonly disks: readonly PlannedDisk[]
  readonly network: 'user' | 'isolated' | 'none'
  readonly forwards: readonly PlannedForward[]
  readonly fwCfg: readonly { readonly name: string; readonly file: string }[]
  readonly smbios: Omit<Smbios, 'oemStrings'>
  /** Files, each with one string. */
  readonly oemStrings: readonly string[]
  readonly watchdog?: WatchdogAction
  readonly tpm?: PlannedTpm
  readonly exitOnReboot: boolean
  readonly serialLog: string
  readonly extraArguments: readonly string[]
}

export type PlannedDisk = {
  /** The qcow2 overlay. */
  readonly file: string
  readonly serial?: string
  /** Whether the guest's flushes reach the host's disk; pointless for what is thrown away. */
  readonly durable: boolean
  /** Receives each write; see `openWriteLog`. */
  readonly writeLog?: string
}

export type PlannedForward = {
  readonly protocol: 'tcp' | 'udp'
  readonly hostAddress: string
  readonly hostPort: number
  readonly guestPort: number
}

/** File descriptor on which QEMU finds its monitor's socket. */
export const monitorDescriptor = 3

/** Arguments of qemu-system-x86_64 for a machine; the console is its standard input and output. */
export function qemuArguments(plan: MachinePlan): string[] {
  return [
    ['-name', escapeCommas(plan.name)],
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    machine(plan),
    accelerator(plan.acceleration),
    ['-m', `${plan.memoryMiB}M`, '-smp', `${plan.cpus}`],
    boot(plan.boot),
    monitor(),
    serial(plan.serialLog),
    ['-object', 'rng-random,id=rng0,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng0'],
    plan.disks.flatMap(disk),
    network(plan),
    plan.fwCfg.flatMap(({ name, file }) => [
      '-fw_cfg',
      `name=${escapeCommas(name)},file=${escapeCommas(file)}`,
    ]),
    smbios(plan.smbios),
    plan.oemStrings.flatMap((file) => ['-smbios', `type=11,path=${escapeCommas(file)}`]),
    plan.watchdog ? ['-device', 'i6300esb', '-action', `watchdog=${plan.watchdog}`] : [],
    plan.tpm ? tpm(plan.tpm) : [],
    plan.exitOnReboot ? ['-action', 'reboot=shutdown'] : [],
    plan.extraArguments,
  ].flat()
}

/** The node name that holds a disk; snapshots name it. */
export function diskNode(index: number): string {
  return `disk${index}`
}

/** The node name that holds the firmware's variables. */
export const variablesNode = 'firmware-variables'

/** The unit in which a write log counts. */
export const LOG_SECTOR_BYTES = 512

/** QEMU's option syntax separates by commas and doubles those that are meant. */
export function escapeCommas(value: string): string {
  return value.replaceAll(',', ',,')
}

function machine({ boot }: MachinePlan): string[] {
  const flash = boot.from === 'firmware' ? `,pflash0=firmware-code,pflash1=${variablesNode}` : ''
  return ['-machine', `q35${flash}`]
}

function accelerator(acceleration: Acceleration): string[] {
  return acceleration === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi', '-cpu', 'max']
}

function boot(boot: MachinePlan['boot']): string[] {
  switch (boot.from) {
    case 'bios':
      return []
    case 'kernel':
      return [
        ['-kernel', boot.kernel],
        boot.initrd === undefined ? [] : ['-initrd', boot.initrd],
        boot.commandLine === undefined ? [] : ['-append', boot.commandLine],
      ].flat()
    case 'firmware':
      return [
        blockdev({
          'node-name': 'firmware-code',
          driver: 'raw',
          'read-only': true,
          file: { driver: 'file', filename: boot.code },
        }),
        // qcow2, because a raw one would forbid snapshots of the machine.
        blockdev({
          'node-name': variablesNode,
          driver: 'qcow2',
          file: { driver: 'file', filename: boot.variables },
        }),
      ].flat()
  }
}

function monitor(): string[] {
  return [
    '-chardev',
    `socket,id=monitor,fd=${monitorDescriptor}`,
    '-mon',
    'chardev=monitor,mode=control',
  ]
}

function serial(log: string): string[] {
  // QEMU writes the log itself: it is whole even when the process that watches dies.
  const chardev = `stdio,id=console,signal=off,logfile=${escapeCommas(log)},logappend=off`
  return ['-chardev', chardev, '-serial', 'chardev:console']
}

function disk(disk: PlannedDisk, index: number): string[] {
  const serial = disk.serial === undefined ? '' : `,serial=${escapeCommas(disk.serial)}`
  const overlay = {
    driver: 'qcow2',
    discard: 'unmap',
    cache: { direct: false, 'no-flush': !disk.durable },
    file: { driver: 'file', filename: disk.file, discard: 'unmap' },
  }
  return [
    ...blockdev({
      'node-name': diskNode(index),
      ...(disk.writeLog === undefined ? overlay : logged(overlay, disk.writeLog)),
    }),
    '-device',
    // A kernel that is given has the place 0.
    `virtio-blk-pci,drive=${diskNode(index)},bootindex=${index + 1}${serial}`,
  ]
}

function logged(overlay: object, log: string): object {
  return {
    driver: 'blklogwrites',
    file: overlay,
    log: { driver: 'file', filename: log },
    'log-sector-size': LOG_SECTOR_BYTES,
  }
}

function network(plan: MachinePlan): string[] {
  if (plan.network === 'none') return []
  const netdev = [
    'user',
    'id=net0',
    ...(plan.network === 'isolated' ? ['restrict=on'] : []),
    ...plan.forwards.map((forward) => `hostfwd=${forwardText(forward)}`),
  ]
  // Without its ROM the card offers no network boot, on which the firmware would spend seconds.
  return ['-netdev', netdev.join(','), '-device', 'virtio-net-pci,netdev=net0,romfile=']
}

/** QEMU's notation of a forward: `tcp:127.0.0.1:8080-:80`. */
export function forwardText(forward: PlannedForward): string {
  const { protocol, hostAddress, hostPort, guestPort } = forward
  return `${protocol}:${hostAddress}:${hostPort}-:${guestPort}`
}

function smbios(fields: MachinePlan['smbios']): string[] {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  if (given.length === 0) return []
  const values = given.map(([name, value]) => `${name}=${escapeCommas(value)}`)
  return ['-smbios', ['type=1', ...values].join(',')]
}

function tpm({ socket }: PlannedTpm): string[] {
  return [
    ...['-chardev', `socket,id=tpm-socket,path=${escapeCommas(socket)}`],
    ...['-tpmdev', 'emulator,id=tpm0,chardev=tpm-socket', '-device', 'tpm-crb,tpmdev=tpm0'],
  ]
}

function blockdev(options: Readonly<Record<string, unknown>>): string[] {
  return ['-blockdev', JSON.stringify(options)]
}
