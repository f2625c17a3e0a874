/**
 * What an image is made of: the value that `loadImage` gives after inheritance, every field present.
 * `schema.ts` says what each field accepts; the two are checked against each other by the compiler.
 */

/** An image definition after inheritance, with defaults filled in. */
export type ImageDefinition = {
  /** The file's name without `.yaml`. */
  readonly name: string
  /** The definitions it inherits from, nearest first; empty for one that stands alone. */
  readonly ancestors: readonly string[]
} & ImageContent

/** What the YAML file itself may say. */
export type ImageContent = {
  readonly description: string
  readonly architecture: Architecture
  readonly debian: DebianSource
  /** Debian packages, by `NAME` or `NAME=VERSION`, whose files, and those of what they depend on, may go in. */
  readonly packages: readonly string[]
  readonly kernel: KernelSelection
  readonly strip: StripRules
  /** What hosts can do to disks at their first boot; `loadImage` adds what each takes. */
  readonly provisioning: Provisioning
  /** Files under `units/`. */
  readonly units: readonly string[]
  readonly slots: SlotSizes
  readonly usr: UsrFileSystem
  readonly formats: readonly DiskFormat[]
  readonly updates: UpdateSource
  /** Container images that the release brings, by name: `REPOSITORY@sha256:DIGEST`. */
  readonly containerImages: Readonly<Record<string, string>>
  /** A UUID from which every other identifier of the image is derived. */
  readonly seed: string
}

export type Architecture = 'amd64'
export type DiskFormat = 'raw' | 'qcow2' | 'qcow2-compressed' | 'vhd' | 'vmdk' | 'gcp'
export type KernelFlavour = 'cloud' | 'generic'
export type Compression = 'zstd' | 'lz4hc' | 'none'

/** A thing that stays, by name or path, and why it has to. */
export type Reasons = Readonly<Record<string, string>>

export type DebianSource = {
  readonly suite: string
  /** The archive's address; absent: the builder's own apt sources. */
  readonly mirror?: string
  /** The security archive's address; absent: the builder's own apt sources. */
  readonly securityMirror?: string
  readonly components: readonly string[]
}

export type UpdateSource = {
  /** The root by which a host trusts releases, relative to the checkout; absent: it takes no updates. */
  readonly root?: string
}

export type KernelSelection = {
  readonly flavour: KernelFlavour
  /** The Debian package of a kernel that is held; absent: the newest one of the flavour. */
  readonly package?: string
  /** Arguments in the order in which they go on the command line. */
  readonly commandLine: readonly string[]
  /** Modules by name, or folders below the kernel's module tree, kept in /usr; dependencies follow. */
  readonly modules: Reasons
  /** Modules that go into the initrd too, by name; dependencies follow. */
  readonly initrdModules: readonly string[]
  /** Globs below /usr/lib/firmware. */
  readonly firmware: readonly string[]
}

export type StripRules = {
  /** The allow-list: an executable's name or absolute path. Others leave every bin, sbin and libexec folder. */
  readonly executables: Reasons
  /** Globs of libraries that programs open by dlopen: names, or absolute paths. */
  readonly libraries: readonly string[]
  /** Globs of other files that stay: absolute paths. */
  readonly files: readonly string[]
  /** Globs of files that go even if a rule above keeps them: absolute paths. */
  readonly remove: readonly string[]
}

export type Provisioning = {
  readonly disks: boolean
  readonly vfat: boolean
  readonly xfs: boolean
  readonly btrfs: boolean
  readonly raid: boolean
  readonly luks: boolean
  readonly tpm2: boolean
}

export type SlotSizes = {
  readonly usrSizeMiB: number
  readonly veritySizeMiB: number
  readonly signatureSizeMiB: number
  readonly espSizeMiB: number
  readonly rootMinimumSizeMiB: number
}

export type UsrFileSystem = {
  readonly compression: Compression
  readonly compressionLevel: number
  readonly clusterSizeKiB: number
  /** Absolute paths of files packed by lz4hc, since every boot waits for them. */
  readonly quickFiles: readonly string[]
}
