import type { Security } from '../containers/spec.ts'

/** What Docker leaves to root in a container. */
export const defaultCapabilities: readonly string[] = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
]

/** Every capability of Linux 6.12 in the order of their numbers, see capabilities(7). */
export const allCapabilities: readonly string[] =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
    .split(' ')
    .map((name) => `CAP_${name}`)

/**
 * The capabilities that we have ourselves: nobody can hand on more.
 *
 * @param status the text of /proc/self/status
 */
export function ownCapabilities(status: string): ReadonlySet<string> {
  const mask = BigInt(`0x${/^CapPrm:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return new Set(allCapabilities.filter((_name, number) => (mask >> BigInt(number)) & 1n))
}

/** The name as the runtime takes it: Docker takes it in any case, with or without `CAP_`. */
export function capabilityName(text: string): string {
  const name = text.toUpperCase()
  return name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`
}

/**
 * What a container may have at most: Docker's set, and what was added and dropped; of "all" those that
 * we have ourselves.
 */
export function capabilitiesOf(
  security: Security | undefined,
  own: ReadonlySet<string>,
): readonly string[] {
  if (security === undefined) return defaultCapabilities
  const everything = allCapabilities.filter((name) => own.has(name))
  if (security.privileged) return everything
  const added = security.addCapabilities.map(capabilityName)
  const dropped = new Set(security.dropCapabilities.map(capabilityName))
  const base = added.includes('ALL') ? everything : defaultCapabilities
  const kept = dropped.has('ALL') ? [] : base.filter((name) => !dropped.has(name))
  const more = added.filter((name) => name !== 'ALL' && !kept.includes(name))
  return [...kept, ...more]
}
