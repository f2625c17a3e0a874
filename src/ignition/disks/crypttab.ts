import { type Config, escapeText, type Luks, type Path } from '../../ignition-schema/index.ts'
import { unitDirectory } from '../paths.ts'
import type { FileStep, LinesStep } from '../steps/step.ts'
import { opensByTang, opensByTpm } from './plan-volume.ts'
import { readUnfinished } from './records.ts'

/** Where the host keeps the key of a volume that is not bound. */
export function keyPath({ name }: Luks): string {
  return `/etc/luks/${name}`
}

/**
 * The lines of crypttab(5) by which the host opens its volumes at every boot, and for those that tang servers open,
 * what has systemd's unit do it by the host executable; not those that the initrd has opened because root is on them.
 */
export function crypttabSteps(
  { storage }: Config,
  journal: { get(key: string): string | undefined },
  openedBefore: ReadonlySet<string> = new Set(),
): (LinesStep | FileStep)[] {
  return (storage?.luks ?? []).flatMap((luks, index): (LinesStep | FileStep)[] => {
    const made = readUnfinished(journal, 'luks', luks.name)
    if (made === undefined || openedBefore.has(made.uuid)) return []
    const [key, options] = opensByTang(luks)
      ? ['none', 'luks,_netdev']
      : opensByTpm(luks)
        ? ['none', 'luks,tpm2-device=auto']
        : [keyPath(luks), 'luks']
    const at = ['storage', 'luks', index]
    const lines = [`${luks.name} UUID=${made.uuid} ${key} ${options}`]
    return [
      { kind: 'lines', at, path: '/etc/crypttab', lines, mode: 0o600 },
      ...(opensByTang(luks) ? [openerStep(luks, at, made.uuid)] : []),
    ]
  })
}

/** A drop-in for the unit that systemd-cryptsetup-generator makes of the line: systemd itself knows no tang servers. */
function openerStep({ name }: Luks, at: Path, uuid: string): FileStep {
  const unit = `systemd-cryptsetup@${escapeText(name)}.service`
  return {
    ...{ kind: 'file', at, path: `${unitDirectory}/${unit}.d/10-slipway-tang.conf` },
    ...{ overwrite: true, user: {}, group: {}, append: [] },
    contents: { source: `data:;base64,${Buffer.from(opener(uuid)).toString('base64')}` },
  }
}

/** It has the rights to set up a device of the device mapper, and no others. */
function opener(uuid: string): string {
  return `[Unit]
After=network.target systemd-resolved.service

[Service]
ExecStart=
ExecStart=/usr/lib/slipway/slipway-host open-volume %I ${uuid}
StandardOutput=journal+console
StandardError=journal+console
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_IPC_LOCK CAP_DAC_OVERRIDE
LockPersonality=yes
NoNewPrivileges=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectSystem=full
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6 AF_ALG
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
`
}
