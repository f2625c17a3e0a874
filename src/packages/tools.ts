/** Debian packages of the tools tree, each with what it is there for. */
export const buildTools: Readonly<Record<string, string>> = {
  binutils: 'strip',
  coreutils: 'sync, and what scripts of the tools call',
  'cryptsetup-bin': 'veritysetup',
  dosfstools: 'the ESP’s file system',
  'erofs-utils': 'the file system of /usr',
  kmod: 'depmod',
  mtools: 'fills the ESP without mounting it',
  'qemu-utils': 'qemu-img',
  systemd: 'systemctl and systemd-sysusers on a tree',
  'systemd-boot-efi': 'the boot loader and the UKI’s stub',
  'systemd-repart': 'assembles the disk',
  'systemd-ukify': 'builds the UKI',
  'xz-utils': 'unpacks kernel modules',
}

/** Debian packages of the tree that boots and tests images, each with what it is there for. */
export const machineTools: Readonly<Record<string, string>> = {
  'busybox-static': 'the content of the container images that tests declare',
  'docker-registry': 'a registry for virtual machines to pull from',
  ovmf: 'UEFI firmware',
  'qemu-system-x86': 'the virtual machine',
  'qemu-utils': 'qemu-img',
  skopeo: 'puts images into the registry',
  swtpm: 'the virtual machine’s TPM',
  umoci: 'makes container images',
}

/** Debian packages whose programs component tests drive, beside those of the machine tree. */
export const testTools: Readonly<Record<string, string>> = {
  'aardvark-dns': 'names of containers',
  attr: 'reads extended attributes',
  bash: 'the tests’ scripts',
  'btrfs-progs': 'mkfs.btrfs',
  bubblewrap: 'virtual machines in a sandbox',
  conmon: 'holds a container’s output',
  coreutils: 'what the tests’ shell commands call',
  cpio: 'reads initrds back',
  crun: 'runs containers',
  'cryptsetup-bin': 'veritysetup: hash trees of slots; cryptsetup: encrypted volumes',
  dash: 'sh',
  'docker-cli': 'docker, the client of the Engine API',
  dosfstools: 'the file system of an ESP',
  e2fsprogs: 'mkfs.ext4',
  fdisk: 'sfdisk: partition tables',
  gdisk: 'sgdisk, by which the reference implementation of Ignition partitions',
  grep: 'a condition of the fall-back units',
  ignition: 'the reference implementation of provisioning',
  libatomic1: 'Node needs it',
  'libstdc++6': 'Node needs it',
  iproute2: 'network name spaces',
  mdadm: 'RAID arrays',
  mount: 'overlay mounts',
  netavark: 'container networks',
  nftables: 'netavark’s rules',
  passwd: 'pwck, grpck, and useradd for the reference implementation',
  procps: 'looks at processes',
  socat: 'the standard input of containers',
  systemd: 'systemctl, systemd-analyze, systemd-sysusers',
  'systemd-boot-efi': 'a real boot loader to update from',
  tar: 'unpacks layers',
  udev: 'udevadm',
  'util-linux': 'unshare, nsenter, setpriv, losetup, partx',
  xfsprogs: 'mkfs.xfs',
}

/** Debian packages that are laid over the tree of component tests, where Docker's own engine is to compare with. */
export const engineTools: Readonly<Record<string, string>> = {
  containerd: 'what Docker’s engine runs containers by',
  'docker-cli': 'docker, the client',
  'docker.io': 'dockerd, the engine',
  iptables: 'dockerd’s rules',
  runc: 'what containerd runs containers by',
}
