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
