import {
  type ListField,
  type MapField,
  type SectionField,
  type SectionOf,
  section,
  type TextField,
  text,
} from '../checked-yaml/schema.ts'
import { imageNamePattern } from '../supervisor/release-images/image-set.ts'
import type {
  DebianSource,
  ImageContent,
  KernelSelection,
  Provisioning,
  SlotSizes,
  StripRules,
  UpdateSource,
  UsrFileSystem,
} from './definition.ts'

/** The schema of image definitions; docs/reference/image-definition.md is generated from it. */

const debian: SectionOf<DebianSource> = section('Where the packages come from.', {
  suite: text('The Debian release.', 'a release name', { pattern: /^[a-z]+$/, default: 'trixie' }),
  mirror: text("The archive's address. Absent: the builder's own apt sources.", 'an http(s) URL', {
    pattern: /^https?:\/\/[^\s]+$/,
    optional: true,
  }),
  securityMirror: text(
    "The security archive's address. Absent: the builder's own apt sources.",
    'an http(s) URL',
    { pattern: /^https?:\/\/[^\s]+$/, optional: true },
  ),
  components: list(
    'Archive components.',
    text('', 'the name of a component', { pattern: /^[a-z][a-z-]*$/ }),
    { default: ['main'] },
  ),
})

const moduleName = text('', 'the name of a module', { pattern: /^[A-Za-z0-9][\w-]*$/ })
const reason = text('Why it stays.', 'a reason, in words')

const kernel: SectionOf<KernelSelection> = section('The kernel and what of it stays.', {
  flavour: text("Which of Debian's kernels: cloud for virtual machines, generic for metal.", '', {
    choices: ['cloud', 'generic'],
    default: 'cloud',
  }),
  package: text(
    'The Debian package of an older kernel to hold, such as linux-image-6.12.113+deb13-cloud-amd64. Absent: the newest one of the flavour.',
    'the name of a package that begins with linux-image- and a version',
    { pattern: /^linux-image-\d[a-z0-9+.-]*$/, optional: true },
  ),
  commandLine: list(
    'Arguments of the kernel, in this order. The build adds `usrhash=` itself.',
    text('', 'one argument of printable characters without blanks outside double quotes', {
      pattern: /^(?!usrhash=)(?:[!#-~]|"[ !#-~]*")+$/,
    }),
  ),
  modules: map(
    'Modules by name, or folders below the kernel’s module tree, that stay in /usr, each with its reason. What they depend on follows.',
    text('', 'the name of a module or a relative folder of modules', {
      pattern: /^[A-Za-z0-9][\w-]*(?:\/[A-Za-z0-9][\w-]*)*$/,
    }),
    reason,
  ),
  initrdModules: list(
    'Modules that go into the initrd as well. What they depend on follows.',
    moduleName,
  ),
  firmware: list(
    'Firmware files that stay: globs below /usr/lib/firmware.',
    text('', 'a glob relative to /usr/lib/firmware', { pattern: /^(?!.*\.\.(?:\/|$))[^/\s]\S*$/ }),
  ),
})

const absoluteGlob = text('', 'a glob that begins with /', {
  pattern: /^\/(?!.*\/\.\.(?:\/|$))\S+$/,
})

const strip: SectionOf<StripRules> = section('What stays of the packages.', {
  executables: map(
    'The allow-list of executables, by name or absolute path, each with its reason. All others leave.',
    text('', 'the name of an executable, or its absolute path', {
      pattern: /^(?:\/(?!.*\/\.\.(?:\/|$))[^\s]+|[A-Za-z0-9[][\w.+-]*)$/,
    }),
    reason,
  ),
  libraries: list(
    'Libraries that programs open by dlopen: globs of names, or of absolute paths. Libraries that the executables link follow by themselves.',
    text('', 'a glob of a library’s name, or of its absolute path', {
      pattern: /^(?!.*\.\.(?:\/|$))\S+$/,
    }),
  ),
  files: list('Other files that stay: globs of absolute paths.', absoluteGlob),
  remove: list('Files that go even if a rule above keeps them: globs.', absoluteGlob),
})

const provisioning: SectionOf<Provisioning> = section(
  'What a config may do to disks at the first boot. Each option brings its packages, programs and kernel modules.',
  {
    disks: option('Partitions, and the file systems ext4 and swap.'),
    vfat: option('The file system vfat.'),
    xfs: option('The file system xfs; its kernel module has 5.6 MB.'),
    btrfs: option('The file system btrfs; its kernel module has 4.9 MB.'),
    raid: option('RAID arrays, also when the host boots later.'),
    luks: option('Encrypted volumes, also when the host boots later.'),
    tpm2: option('Encrypted volumes that the TPM opens; needs `luks`.'),
  },
)

const slots: SectionOf<SlotSizes> = section('Sizes of the partitions.', {
  usrSizeMiB: sizeMiB('Each of the two usr partitions.', 1024, 16384),
  veritySizeMiB: sizeMiB('Each of the two partitions of hash trees.', 16, 1024),
  signatureSizeMiB: sizeMiB('Each of the two partitions of signatures.', 1, 16),
  espSizeMiB: sizeMiB('The EFI system partition.', 512, 4096),
  rootMinimumSizeMiB: sizeMiB(
    'The least that root needs; a smaller disk is refused.',
    1024,
    1048576,
  ),
})

const usr: SectionOf<UsrFileSystem> = section('How the erofs image of /usr is packed.', {
  compression: text('The algorithm.', '', { choices: ['zstd', 'lz4hc', 'none'], default: 'zstd' }),
  compressionLevel: {
    kind: 'integer',
    about: 'The level: up to 22 for zstd, up to 12 for lz4hc; without effect for none.',
    minimum: 0,
    maximum: 22,
    default: 12,
  },
  clusterSizeKiB: {
    kind: 'integer',
    about: 'What is compressed at once; a multiple of 4. Larger packs tighter and reads slower.',
    minimum: 4,
    maximum: 1024,
    default: 64,
  },
  quickFiles: list(
    'Files that every boot waits for: packed by lz4hc, which takes more space than zstd and a fraction of its time to read.',
    text('', 'an absolute path below /usr', { pattern: /^\/usr\/(?!.*\.\.(?:\/|$))\S+$/ }),
  ),
})

const updates: SectionOf<UpdateSource> = section('Where the host’s updates come from.', {
  root: text(
    'The root of releases that the host’s trust starts from, a file that `slipway keys init` makes: its path, relative to the checkout. Absent: hosts take no updates.',
    'a relative path that does not lead out of the checkout',
    { pattern: /^(?!.*\.\.(?:\/|$))[^/\s]\S*$/, optional: true },
  ),
})

export const imageSchema: SectionOf<ImageContent> = section('An image definition.', {
  description: text('What the image is for, in one sentence.', 'a sentence'),
  architecture: text('The machine architecture.', '', { choices: ['amd64'], default: 'amd64' }),
  debian,
  packages: list(
    'Debian packages whose files may go into the image, with those that they depend on; `NAME=VERSION` holds one at a version that the archive still has.',
    text('', 'the name of a Debian package, or NAME=VERSION', {
      pattern: /^[a-z0-9][a-z0-9+.-]+(?:=[0-9][A-Za-z0-9.+:~-]*)?$/,
    }),
    { required: true },
  ),
  kernel,
  strip,
  provisioning,
  units: list(
    'Files under `units/` that go into the image.',
    text('', 'a relative path below units/', { pattern: /^(?!.*\.\.(?:\/|$))[^/\s]\S*$/ }),
  ),
  slots,
  usr,
  formats: list(
    'What disk images the build writes: `qcow2-compressed` to be sent about, where `qcow2` boots quicker, `vhd` of fixed size for Azure and Hyper-V, `vmdk` compressed for vSphere, `gcp` a tar.gz with `disk.raw` for Compute Engine.',
    text('', '', { choices: ['raw', 'qcow2', 'qcow2-compressed', 'vhd', 'vmdk', 'gcp'] }),
    { default: ['raw', 'qcow2'] },
  ),
  updates,
  containerImages: map(
    'Container images that belong to the release, by name. Compose files of its hosts name them `slipway.release/NAME`; hosts pull them before they take the release, and change them with it.',
    text('', 'lower-case letters and digits, with . _ - between them', {
      pattern: imageNamePattern,
    }),
    text('', 'REPOSITORY@sha256:DIGEST; a tag before the @ is a note', {
      pattern: /^[^\s@]+@sha256:[0-9a-f]{64}$/,
    }),
  ),
  seed: text('A UUID from which every identifier of the image is derived.', 'a UUID', {
    pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  }),
})

/** The schema of a file: the content, and from what it inherits. */
export const imageFileSchema: SectionField = section('An image definition.', {
  inherits: text(
    'The name of the one definition that this one inherits from.',
    'the name of an image definition',
    { pattern: /^[a-z0-9][a-z0-9-]*$/, optional: true },
  ),
  ...imageSchema.fields,
})

function list(
  about: string,
  item: TextField,
  rest: Omit<ListField, 'kind' | 'about' | 'item'> = {},
): ListField {
  return { kind: 'list', about, item, ...rest }
}

function map(about: string, key: TextField, value: TextField) {
  return { kind: 'map', about, key, value } satisfies MapField
}

function option(about: string) {
  return { kind: 'boolean' as const, about, default: false }
}

function sizeMiB(about: string, standard: number, maximum: number) {
  return { kind: 'integer' as const, about, minimum: 1, maximum, default: standard }
}
