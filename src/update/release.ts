import type { ReleaseImages } from '../supervisor/release-images/image-set.ts'

/**
 * What a repository of releases says, as types: the channel's list and the description of one release. Both
 * are TUF targets in JSON, written by `slipway release` and read by the host's agent.
 */

/** A file of a release: a TUF target. */
export type Artifact = {
  /** Its target path: `releases/<image>/<version>/<name>`. */
  readonly target: string
  readonly sizeBytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** Target `releases/<image>/<version>/release.json`: everything that makes one release. */
export type ReleaseDescription = {
  readonly formatVersion: 1
  readonly image: string
  readonly version: string
  readonly architecture: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** dm-verity's root hash of /usr, hexadecimal: its halves are the UUIDs of the slot's partitions. */
  readonly rootHash: string
  /** The verity trio's parts and the UKI, as they are written to the disk. */
  readonly usr: Artifact
  readonly verity: Artifact
  /** PKCS#7 signature of the root hash; absent while releases are not signed for Secure Boot. */
  readonly signature?: Artifact
  readonly uki: Artifact
  /** systemd-boot, which a host updates with the release. */
  readonly bootLoader?: Artifact
  /**
   * Container images that hosts pull before they take the release. Which ones it runs says its own /usr,
   * which has the same list: here it is for hosts that do not have that /usr yet.
   */
  readonly containerImages?: ReleaseImages
  /** Ways to the same bytes that take less than the files themselves. */
  readonly deltas?: Deltas
}

/** Each is for hosts that know it: the digests that count are those of the release's own files. */
export type Deltas = {
  /** The files under zstd. */
  readonly compressed?: ImageFiles
  readonly patches?: readonly Patch[]
  readonly chunks?: { readonly index: Artifact; readonly pack: Artifact }
  /** What a host computes the hash tree of the usr image with. */
  readonly hashTree?: HashTree
}

export type ImageFiles = { readonly usr: Artifact; readonly uki: Artifact }

/** Makes the files of those of an earlier release. */
export type Patch = ImageFiles & {
  readonly from: string
  /** The earlier release's root hash, hexadecimal. */
  readonly rootHash: string
}

/** What dm-verity's superblock has in it beyond sizes. */
export type HashTree = {
  readonly uuid: string
  /** Hexadecimal. */
  readonly salt: string
}

/** Target `channels/<channel>/<image>.json`: the releases of a channel, oldest first. */
export type ChannelDescription = {
  readonly formatVersion: 1
  readonly channel: string
  readonly image: string
  readonly releases: readonly ChannelEntry[]
}

export type ChannelEntry = {
  readonly version: string
  /** A release that may not be skipped. */
  readonly floor: boolean
  /** Target path of its ReleaseDescription. */
  readonly release: string
}
