/**
 * What ids in a user namespace are on the host: its 0 is `firstId`, and so on for `count` of them. Users and
 * groups alike.
 */
export type IdMapping = { readonly firstId: number; readonly count: number }

/** What the kernel shows in the place of an id that a namespace has none for: `nobody`. */
export const overflowId = 65534

/** An id of the OCI runtime configuration's mounts: what is `containerID` on the disk is `hostID` by the mount. */
export type SpecIdMapping = {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/** The id on the host; undefined for one that the namespace does not have. */
export function hostId({ firstId, count }: IdMapping, id: number): number | undefined {
  return id < count ? firstId + id : undefined
}

/** The id in the namespace; `nobody` for one that it does not have, as processes in it see it. */
export function namespaceId({ firstId, count }: IdMapping, id: number): number {
  return id >= firstId && id < firstId + count ? id - firstId : overflowId
}

/** What /proc/PID/uid_map and gid_map take. */
export function idMapText({ firstId, count }: IdMapping): string {
  return `0 ${firstId} ${count}\n`
}

/**
 * How directories on the disk are to be mounted whose ids are the namespace's own. The host's root gets an id there
 * as well, the first that the namespace does not have: without one it could make nothing by such a mount, neither a
 * file that is copied into a container nor what overlayfs keeps beside the files of its upper directory.
 */
export function mountIdMappings({ firstId, count }: IdMapping): readonly SpecIdMapping[] {
  return [
    { containerID: 0, hostID: firstId, size: count },
    { containerID: count, hostID: 0, size: 1 },
  ]
}

/** The same for a file system that is only read: nothing on the disk is the host's root there. */
export function readOnlyIdMappings({ firstId, count }: IdMapping): readonly SpecIdMapping[] {
  return [{ containerID: 0, hostID: firstId, size: count }]
}

/** The same as an option of mount(8). */
export function idMapOption(mappings: readonly SpecIdMapping[]): string {
  const extents = mappings.map(
    ({ containerID, hostID, size }) => `b:${containerID}:${hostID}:${size}`,
  )
  return `X-mount.idmap=${extents.join(' ')}`
}

/** By this name what is made for a mapping is told from others. */
export function mappingName({ firstId, count }: IdMapping): string {
  return `${firstId}-${count}`
}
