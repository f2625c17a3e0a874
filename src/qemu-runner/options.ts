import type { Programs } from './programs.ts'

export type Acceleration = 'kvm' | 'tcg'

/** How the machine comes up. */
export type Boot =
  /** UEFI. `variables`: a file that keeps the firmware's variables between boots; made if missing. */
  | { readonly from: 'firmware'; readonly variables?: string }
  /** Straight into a Linux kernel. */
  | {
      readonly from: 'kernel'
      readonly kernel: string
      readonly initrd?: string
      readonly commandLine?: string
    }
  /** The old PC BIOS, from the first disk. */
  | { readonly from: 'bios' }

/** A virtio disk. What the guest writes goes to an overlay, never to `image`. */
export type Disk = {
  /** The image beneath; without one the disk is empty, and `sizeBytes` says how large. */
  readonly image?: string
  /** Format of `image`; raw unless told. */
  readonly format?: 'raw' | 'qcow2'
  /** A qcow2 file that keeps the writes between boots, made if missing; else they are thrown away. */
  readonly overlay?: string
  /** The disk's size, where it is larger than the image. */
  readonly sizeBytes?: number
  /** Seen by the guest as /dev/disk/by-id/virtio-<serial>; at most 20 bytes. */
  readonly serial?: string
  /**
   * A file that receives each write and flush of the guest in their order, for `openWriteLog`; overwritten. Such a
   * machine takes no snapshots.
   */
  readonly writeLog?: string
}

export type PortForward = {
  /** tcp unless told. */
  readonly protocol?: 'tcp' | 'udp'
  /** IPv4 address on the host; 127.0.0.1 unless told. */
  readonly hostAddress?: string
  /** 0 or left out: a free one is picked and reported. */
  readonly hostPort?: number
  readonly guestPort: number
}

/** Content of a fw_cfg item or an SMBIOS string: a file's, or this text. */
export type Content = { readonly file: string } | { readonly text: string }

/** SMBIOS fields (DMTF DSP0134): system information (type 1) and OEM strings (type 11). */
export type Smbios = {
  readonly manufacturer?: string
  readonly product?: string
  readonly version?: string
  readonly serial?: string
  readonly uuid?: string
  readonly sku?: string
  readonly family?: string
  /** systemd reads credentials from these: `io.systemd.credential:NAME=VALUE`. */
  readonly oemStrings?: readonly Content[]
}

export type WatchdogAction = 'reset' | 'shutdown' | 'poweroff' | 'inject-nmi' | 'pause' | 'none'

/** A line on the console that means that the boot has gone wrong. */
export type TroubleSign = { readonly name: string; readonly pattern: RegExp }

export type VirtualMachineOptions = {
  readonly boot: Boot
  /** For messages and the process list; `vm` unless told. */
  readonly name?: string
  /** `machinePrograms()` unless told. */
  readonly programs?: Programs
  /** Probed unless told: see `chooseAcceleration`. */
  readonly acceleration?: Acceleration
  /** A folder for the machines' private folders; `defaultDirectory()` unless told. */
  readonly directory?: string
  /** 1024 unless told. */
  readonly memoryMiB?: number
  /** 2 unless told. */
  readonly cpus?: number
  readonly disks?: readonly Disk[]
  /** `user`: out through the host; `isolated`: only forwarded ports; `none`: no card. `user` unless told. */
  readonly network?: 'user' | 'isolated' | 'none'
  readonly forwards?: readonly PortForward[]
  /** fw_cfg items by name, for example `opt/com.coreos/config`. */
  readonly fwCfg?: Readonly<Record<string, Content>>
  readonly smbios?: Smbios
  /** Adds an i6300esb watchdog; what QEMU does when it fires. */
  readonly watchdog?: WatchdogAction
  /** Adds a TPM 2.0; with `state`, a folder, it remembers between starts, else it is a new one. */
  readonly tpm?: { readonly state?: string }
  /** Ends QEMU where the guest would reboot. */
  readonly exitOnReboot?: boolean
  /** File that receives every byte of the serial console; overwritten. */
  readonly serialLog?: string
  readonly troubleSigns?: readonly TroubleSign[]
  /** Ends the machine this long after its start. */
  readonly timeLimitMs?: number
  /** Ends the machine when aborted. */
  readonly signal?: AbortSignal
  /** More arguments for QEMU, as they are. */
  readonly extraArguments?: readonly string[]
}

/** Every mistake in the options that QEMU would report late, unclearly, or not at all. */
export function optionProblems(options: VirtualMachineOptions): string[] {
  const { disks = [], forwards = [], fwCfg = {} } = options
  return [
    ...(options.memoryMiB === undefined || isWithin(options.memoryMiB, 1, 1 << 20)
      ? []
      : [`memoryMiB: ${options.memoryMiB} is not a whole number from 1 to ${1 << 20}`]),
    ...(options.cpus === undefined || isWithin(options.cpus, 1, 255)
      ? []
      : [`cpus: ${options.cpus} is not a whole number from 1 to 255`]),
    ...disks.flatMap((disk, index) => diskProblems(disk).map((text) => `disks[${index}]: ${text}`)),
    ...forwards.flatMap((forward, index) =>
      forwardProblems(forward).map((text) => `forwards[${index}]: ${text}`),
    ),
    ...(options.network === 'none' && forwards.length > 0
      ? ['forwards: there is no network card to forward to (network: none)']
      : []),
    // QEMU's FW_CFG_MAX_FILE_PATH is 56 with the closing zero.
    ...Object.keys(fwCfg)
      .filter((name) => !/^[\x21-\x7e]{1,55}$/.test(name))
      .map((name) => `fwCfg: the name ${JSON.stringify(name)} is not 1 to 55 printable characters`),
  ]
}

function diskProblems(disk: Disk): string[] {
  return [
    ...(disk.image === undefined && disk.sizeBytes === undefined
      ? ['neither image nor sizeBytes is given']
      : []),
    ...(disk.sizeBytes === undefined || isWithin(disk.sizeBytes, 512, Number.MAX_SAFE_INTEGER)
      ? []
      : [`sizeBytes: ${disk.sizeBytes} is not a whole number from 512`]),
    ...(disk.serial === undefined || /^[\x21-\x7e]{1,20}$/.test(disk.serial)
      ? []
      : [`serial: ${JSON.stringify(disk.serial)} is not 1 to 20 printable characters`]),
  ]
}

function forwardProblems(forward: PortForward): string[] {
  return [
    ...(isWithin(forward.hostPort ?? 0, 0, 65535)
      ? []
      : [`hostPort: ${forward.hostPort} is not a port`]),
    ...(isWithin(forward.guestPort, 1, 65535)
      ? []
      : [`guestPort: ${forward.guestPort} is not a port`]),
    ...(/^\d{1,3}(\.\d{1,3}){3}$/.test(forward.hostAddress ?? '127.0.0.1')
      ? []
      : [`hostAddress: ${JSON.stringify(forward.hostAddress)} is not an IPv4 address`]),
  ]
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
