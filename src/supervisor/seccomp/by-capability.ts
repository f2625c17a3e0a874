import { defaultSeccompProfile } from './default-profile.ts'
import type { SeccompProfile } from './oci-profile.ts'

/** System calls that a capability is worth nothing without, as Docker's profile allows them. */
const systemCalls: Readonly<Record<string, string>> = {
  CAP_BPF: 'bpf',
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_PERFMON: 'perf_event_open',
  CAP_SYS_ADMIN:
    'bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_MODULE: 'delete_module finit_module init_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'clock_settime clock_settime64 settimeofday stime',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYSLOG: 'syslog',
}

/** The filter for a container with these capabilities beyond or short of the usual ones. */
export function seccompProfileFor(capabilities: readonly string[]): SeccompProfile {
  const names = capabilities.flatMap((name) => systemCalls[name]?.split(' ') ?? [])
  if (names.length === 0) return defaultSeccompProfile
  const allowed = new Set(names)
  // A call that is allowed as a whole must not have another rule besides.
  const rest = defaultSeccompProfile.syscalls
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !allowed.has(name)) }))
    .filter((rule) => rule.names.length > 0)
  const more = { action: 'SCMP_ACT_ALLOW', names: [...allowed] } as const
  return { ...defaultSeccompProfile, syscalls: [...rest, more] }
}
