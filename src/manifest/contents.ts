/** What the manifest and the SBOM are made from: facts that the pipeline gathers from the built tree. */

/** A Debian package of which at least one file stays in the image. */
export type PackageFile = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** The source package it was built from, and that package's version. */
  readonly source: { readonly name: string; readonly version: string }
  /** SHA-256 of the .deb, in lower-case hexadecimal. */
  readonly sha256: string
  /** The text of /usr/share/doc/<name>/copyright before it was stripped; absent if the package has none. */
  readonly copyright?: string
  readonly homepage?: string
}

/** What is inside the host executable: a package from npm, or the runtime that carries them all. */
export type BundledPackage = {
  readonly kind: 'npm' | 'runtime'
  /** As npm names it, scope included; for the runtime 'node'. */
  readonly name: string
  readonly version: string
  /** An SPDX identifier or expression as the package declares it; absent if it declares none. */
  readonly licence?: string
  /** Subresource integrity of the tarball (`sha512-<base64>`), from the lock file. */
  readonly integrity?: string
}

/** A file of the finished /usr tree; each once, what the initrd repeats left out. */
export type ImageFile = {
  /** Absolute path on the booted host. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'link'
  /** Permission bits, set-uid, set-gid and sticky included. */
  readonly mode: number
  /** Bytes of content; 0 for directories and links. */
  readonly sizeBytes: number
  /** The Debian package it came from; absent for what the build made itself. */
  readonly package?: string
  /** What it belongs to when no package brought it: 'host executable', 'kernel modules index'. */
  readonly origin?: string
  /** Text of the security.capability attribute: 'cap_net_raw=ep'. */
  readonly capabilities?: string
  /** What the allow-list says about it, for executables. */
  readonly reason?: string
  /** What it takes in the image as shipped, when measured. */
  readonly compressedBytes?: number
}

/** A file that the build hands out. */
export type Artifact = {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** The image that all this is about. */
export type ImageIdentity = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** The Debian release. */
  readonly suite: string
}
