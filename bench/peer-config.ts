/** The peer: what mkosi is told, so that its image serves the same purpose as ours. */

/** Debian packages of the tree that mkosi runs in; it brings what else it needs as dependencies. */
export const peerToolPackages = ['mkosi', 'debian-archive-keyring', 'ca-certificates'] as const

/** Debian packages of the peer's image: our backbone, and podman where we have the supervisor. */
const imagePackages = [
  'linux-image-cloud-amd64',
  'systemd',
  'systemd-boot',
  'systemd-boot-efi',
  'systemd-resolved',
  'systemd-timesyncd',
  'udev',
  'dbus',
  'kmod',
  'e2fsprogs',
  'nftables',
  'podman',
  'crun',
  'conmon',
  'netavark',
  'aardvark-dns',
  'ca-certificates',
]

/** Where mkosi sees its files, inside its tree. */
export const peerFolders = { source: '/src', work: '/work' } as const

/**
 * mkosi's configuration, by path below its source folder. `sourceLines` are one-line entries of
 * sources.list(5) with `[signed-by=…]`, the same that our own build uses.
 */
export function peerConfiguration(
  sourceLines: readonly string[],
): Readonly<Record<string, string>> {
  return {
    'mkosi.conf': mkosiConf,
    // mkosi's own would ask for the debug archive as well.
    'mkosi.sandbox/etc/apt/sources.list.d/mkosi.sources': deb822(sourceLines),
    // Links of a kind are those of containers: networkd would take them from podman's bridge.
    'mkosi.extra/etc/systemd/network/80-dhcp.network':
      '[Match]\nType=ether\nKind=!*\n\n[Network]\nDHCP=yes\n',
  }
}

const mkosiConf = `[Distribution]
Distribution=debian
Release=trixie
Architecture=x86-64

[Build]
PackageCacheDirectory=${peerFolders.work}/packages
CacheDirectory=${peerFolders.work}/incremental
WorkspaceDirectory=${peerFolders.work}/scratch

[Output]
Format=disk
Output=peer
OutputDirectory=${peerFolders.work}/output
ManifestFormat=json

[Content]
Bootable=yes
Bootloader=systemd-boot
UnifiedKernelImages=yes
WithDocs=no
KernelCommandLine=console=ttyS0,115200 audit=0 systemd.firstboot=no
Packages=
${imagePackages.map((name) => `    ${name}`).join('\n')}
`

/** One-line entries in the paragraphs that mkosi's apt expects of a `.sources` file. */
function deb822(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const match = /^deb \[signed-by=(\S+)\] (\S+) (\S+) (.+)$/.exec(line)
      if (!match) throw new Error(`not a package source of ours: ${line}`)
      const [, keyring, uri, suite, components] = match
      return `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: ${components}\nSigned-By: ${keyring}\n`
    })
    .join('\n')
}

/** The unit that a quadlet file for this container would become: podman-systemd.unit(5). */
export function peerContainerUnit(image: string, port: number): string {
  return `[Unit]
Description=The container that the benchmark waits for
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=all
Restart=always
KillMode=mixed
Delegate=yes
SyslogIdentifier=%N
ExecStart=/usr/bin/podman run --name=systemd-%N --replace --rm --cgroups=split --sdnotify=conmon -d --publish ${port}:${port} --tls-verify=false ${image}
ExecStop=/usr/bin/podman rm -v -f -i systemd-%N
`
}

/** Prints how the boot's time was split, once systemd itself calls the boot finished. */
export const peerBootTimesUnit = `[Unit]
Description=Report the boot's times
After=web.service

[Service]
Type=exec
ExecStart=/bin/sh -c 'until systemd-analyze time >/run/boot-times 2>/dev/null; do sleep 1; done; cat /run/boot-times >/dev/console'
`

/**
 * SMBIOS strings by which the guest's systemd gets units and starts them (systemd.system-credentials(7)):
 * the peer's equal to an Ignition config.
 */
export function unitCredentials(units: Readonly<Record<string, string>>): string[] {
  const wants = `[Unit]\nWants=${Object.keys(units).join(' ')}\n`
  const credential = (name: string, text: string) =>
    `io.systemd.credential.binary:${name}=${Buffer.from(text).toString('base64')}`
  return [
    ...Object.entries(units).map(([name, text]) => credential(`systemd.extra-unit.${name}`, text)),
    credential('systemd.unit-dropin.multi-user.target', wants),
  ]
}
