import type { ReleaseDescription } from '../release.ts'

/** What a release must fit. */
export type ReleaseClaim = {
  readonly image: string
  readonly architecture: string
  /** The version that was decided on. */
  readonly version: string
}

/**
 * Why the release that was decided on must not be written, or undefined: its description was signed, but may
 * be one of another image, version or machine that came under its name by a mistake of the publisher.
 */
export function inadmissible(
  claim: ReleaseClaim,
  { image, architecture, version, rootHash }: ReleaseDescription,
): string | undefined {
  const named = `the description of ${claim.version}`
  if (version !== claim.version) return `${named} is of the version ${version}`
  if (image !== claim.image)
    return `${named} is of the image ${image}, and this host has ${claim.image}`
  if (architecture !== claim.architecture)
    return `${named} is for ${architecture}, and this host is ${claim.architecture}`
  if (!/^[0-9a-f]{64}$/.test(rootHash)) return `${named} has no root hash of SHA-256`
  return undefined
}
