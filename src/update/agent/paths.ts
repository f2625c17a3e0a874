import { baselineFile } from '../health/baseline.ts'

/** Where the agent finds and keeps things; tests have trees of their own. */
export type AgentPaths = {
  /** The kernel's ID of this boot, random(4). */
  readonly bootId: string
  readonly osRelease: string
  readonly commandLine: string
  /** Where efivarfs is mounted. */
  readonly efiVariables: string
  /** Where the ESP is mounted. */
  readonly boot: string
  readonly settings: string
  /** The root that trust in releases starts from. */
  readonly rootFile: string
  /** systemd-boot of the running /usr. */
  readonly bootLoader: string
  readonly machineId: string
  readonly state: string
  /** What was well before the reboot into a release. */
  readonly baseline: string
  readonly metadata: string
  /** Where deltas lie until the release is in its slot. */
  readonly downloads: string
  /** How far the writing of the slot is. */
  readonly journal: string
  /** What is gone at the next boot: orders and progress. */
  readonly run: string
  /** Where whoever stands before the host reads. */
  readonly console: string
}

/** Those of a host. */
export const agentPaths: AgentPaths = {
  bootId: '/proc/sys/kernel/random/boot_id',
  osRelease: '/usr/lib/os-release',
  commandLine: '/proc/cmdline',
  efiVariables: '/sys/firmware/efi/efivars',
  boot: '/boot',
  settings: '/etc/slipway/update.yaml',
  rootFile: '/usr/share/slipway/update/root.json',
  bootLoader: '/usr/lib/systemd/boot/efi/systemd-bootx64.efi',
  machineId: '/etc/machine-id',
  state: '/var/lib/slipway/update/state.json',
  baseline: baselineFile,
  metadata: '/var/lib/slipway/update/metadata',
  downloads: '/var/lib/slipway/update/downloads',
  journal: '/var/lib/slipway/update/slot.json',
  run: '/run/slipway/update',
  console: '/dev/console',
}
