import type { ImageContent, Provisioning, Reasons } from './definition.ts'

/** What an option of `provisioning` puts into the image. */
type Ingredients = {
  readonly packages: readonly string[]
  readonly executables: Reasons
  readonly modules?: Reasons
  readonly libraries?: readonly string[]
  readonly files?: readonly string[]
  readonly remove?: readonly string[]
}

const ingredients: Readonly<Record<keyof Provisioning, Ingredients>> = {
  disks: {
    packages: ['util-linux', 'mount', 'fdisk', 'e2fsprogs'],
    executables: {
      lsblk: 'Ignition looks by what disks are in use',
      blkid: 'Ignition looks at what disks hold',
      wipefs: 'Ignition wipes signatures',
      sfdisk: 'Ignition partitions disks by it',
      partx: 'Ignition tells the kernel of new partitions',
      mke2fs: 'Ignition makes ext4 by it',
      'mkfs.ext4': 'the name by which Ignition calls mke2fs',
      mkswap: 'Ignition makes swap by it',
      swapon: 'swap units call it',
      swapoff: 'swap units call it',
    },
  },
  vfat: {
    packages: ['dosfstools'],
    executables: {
      'mkfs.fat': 'Ignition makes vfat by it',
      'mkfs.vfat': 'the name by which Ignition calls mkfs.fat',
    },
    modules: { vfat: 'file systems that a config asks for' },
  },
  xfs: {
    packages: ['xfsprogs'],
    executables: { 'mkfs.xfs': 'Ignition makes xfs by it' },
    modules: { xfs: 'file systems that a config asks for' },
  },
  btrfs: {
    packages: ['btrfs-progs'],
    executables: { 'mkfs.btrfs': 'Ignition makes btrfs by it' },
    modules: { btrfs: 'file systems that a config asks for' },
    files: ['/usr/lib/udev/rules.d/64-btrfs.rules'],
  },
  raid: {
    packages: ['mdadm'],
    executables: { mdadm: 'Ignition creates arrays by it, and udev assembles them' },
    modules: {
      raid0: 'arrays that a config asks for',
      raid1: 'arrays that a config asks for',
      raid10: 'arrays that a config asks for',
      raid456: 'arrays that a config asks for',
    },
    files: ['/usr/lib/udev/rules.d/{63-md-raid-arrays,64-md-raid-assembly}.rules'],
    // Monitoring by mail needs a mailer, and fails without: a boot with a failed unit is not good.
    remove: [
      '/usr/lib/systemd/system/{mdmonitor,mdcheck}*',
      '/usr/lib/systemd/system/*/mdmonitor*',
    ],
  },
  luks: {
    packages: ['cryptsetup-bin', 'systemd-cryptsetup'],
    executables: {
      cryptsetup: 'Ignition encrypts volumes by it',
      'systemd-cryptsetup': 'opens the volumes of /etc/crypttab',
      'systemd-cryptsetup-generator': 'reads /etc/crypttab',
    },
    modules: { dm_crypt: 'encrypted volumes' },
  },
  tpm2: {
    packages: [
      'libtss2-esys-3.0.2-0t64',
      'libtss2-mu-4.0.1-0t64',
      'libtss2-rc0t64',
      'libtss2-tcti-device0t64',
      'systemd-cryptsetup',
    ],
    executables: { 'systemd-cryptenroll': 'Ignition binds volumes to the TPM by it' },
    libraries: [
      'libtss2-esys.so.0*',
      'libtss2-mu.so.0*',
      'libtss2-rc.so.0*',
      'libtss2-tcti-device.so.0*',
      'libcryptsetup-token-systemd-tpm2.so',
    ],
  },
}

/** The content with what its options bring; doing so again changes nothing. */
export function withProvisioning(content: ImageContent): ImageContent {
  const chosen = (Object.keys(ingredients) as (keyof Provisioning)[])
    .filter((option) => content.provisioning[option])
    .map((option) => ingredients[option])
  const all = <T>(pick: (each: Ingredients) => readonly T[] | undefined) =>
    chosen.flatMap((each) => pick(each) ?? [])
  const reasons = (own: Reasons, pick: (each: Ingredients) => Reasons | undefined): Reasons =>
    Object.assign({}, ...chosen.map((each) => pick(each) ?? {}), own)
  const { strip, kernel } = content
  const named = new Set(content.packages.map((each) => each.replace(/=.*$/, '')))
  const packages = all(({ packages: list }) => list).filter((name) => !named.has(name))
  return {
    ...content,
    packages: [...content.packages, ...new Set(packages)],
    kernel: { ...kernel, modules: reasons(kernel.modules, ({ modules }) => modules) },
    strip: {
      executables: reasons(strip.executables, ({ executables }) => executables),
      libraries: union(
        strip.libraries,
        all(({ libraries }) => libraries),
      ),
      files: union(
        strip.files,
        all(({ files }) => files),
      ),
      remove: union(
        strip.remove,
        all(({ remove }) => remove),
      ),
    },
  }
}

function union(own: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...own, ...more])]
}
