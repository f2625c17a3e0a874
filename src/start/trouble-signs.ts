import type { TroubleSign } from '../qemu-runner/index.ts'

/** Lines of a host's console that mean that something is wrong, whatever else seems to work. */
export const troubleSigns: readonly TroubleSign[] = [
  { name: 'kernel panic', pattern: /Kernel panic - not syncing/ },
  {
    name: 'kernel oops',
    pattern: /\b(Oops: |BUG: (?!soft lockup)|general protection fault|kernel BUG at )/,
  },
  { name: 'kernel warning', pattern: /WARNING: CPU: \d+ PID: / },
  {
    name: 'hung task',
    pattern: /blocked for more than \d+ seconds|soft lockup|rcu.*detected stalls/,
  },
  { name: 'out of memory', pattern: /Out of memory: Killed process/ },
  { name: 'failed unit', pattern: /\[FAILED\]|Failed with result '/ },
  { name: 'dependency failure', pattern: /\[DEPEND\]|Dependency failed for / },
  { name: 'time-out', pattern: /\[ TIME \]|Timed out waiting for device/ },
  { name: 'ordering cycle', pattern: /[Oo]rdering cycle/ },
  { name: 'verity error', pattern: /device-mapper: verity: .*(corrupted|mismatch)|verity.*error/i },
  {
    name: 'file system error',
    pattern: /EXT4-fs (error|warning)|erofs: .*(corrupted|failed|error)|FAT-fs .*error|I\/O error/,
  },
  { name: 'core dump', pattern: /dumped core|segfault at / },
  { name: 'missing library', pattern: /error while loading shared libraries/ },
  { name: 'emergency mode', pattern: /Emergency Mode|emergency\.target/ },
]
