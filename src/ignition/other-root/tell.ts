import type { RootPointer } from './pointer.ts'

/** What units/initrd/slipway-enter-root.service reads (systemd.exec(5), EnvironmentFile=). */
export function mountEnvironment(
  device: string,
  { format, options }: Pick<RootPointer, 'format' | 'options'>,
): string {
  const values = { DEVICE: device, FORMAT: format, OPTIONS: ['rw', ...options].join(',') }
  return Object.entries(values)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('')
}

/** The ESP at /boot when it is asked for, as systemd-gpt-auto-generator(8) does it where root is on its disk. */
export function espUnits(partition: string): Readonly<Record<string, string>> {
  return {
    'boot.mount': `[Unit]
Description=EFI System Partition Automount
Documentation=man:systemd-gpt-auto-generator(8)

[Mount]
What=/dev/disk/by-partuuid/${partition}
Where=/boot
Type=vfat
Options=umask=0077,rw,nodev,nosuid,noexec,nosymfollow
`,
    'boot.automount': `[Unit]
Description=EFI System Partition Automount
Documentation=man:systemd-gpt-auto-generator(8)

[Automount]
Where=/boot
TimeoutIdleSec=120
`,
  }
}
