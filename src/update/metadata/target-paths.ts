import { isVersion } from '../version.ts'

/**
 * Names of files in a repository of releases, which become paths and addresses: whatever does not
 * have one of these forms is not touched.
 */

/** Whether a text may name a channel or an image. */
export function isRepositoryName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text)
}

/** What a right name looks like; follows "expected" in a message. */
export const nameExpectation = 'lower-case letters, digits and hyphens, 63 characters at most'

/** Target path of a channel's ChannelDescription. */
export function channelTarget(channel: string, image: string): string {
  return `channels/${channel}/${image}.json`
}

/** Target path of a file of a release; `release.json` is its ReleaseDescription. */
export function releaseTarget(image: string, version: string, name: string): string {
  return `releases/${image}/${version}/${name}`
}

/** What a target path says; undefined if it has none of the two forms. */
export function parseTarget(target: string):
  | { readonly kind: 'channel'; readonly channel: string; readonly image: string }
  | {
      readonly kind: 'release'
      readonly image: string
      readonly version: string
      readonly name: string
    }
  | undefined {
  const [kind, first = '', second = '', third = '', ...more] = target.split('/')
  if (more.length > 0) return undefined
  if (kind === 'channels' && third === '' && second.endsWith('.json')) {
    const image = second.slice(0, -'.json'.length)
    if (channelTarget(first, image) !== target) return undefined
    return isRepositoryName(first) && isRepositoryName(image)
      ? { kind: 'channel', channel: first, image }
      : undefined
  }
  if (kind !== 'releases' || !isRepositoryName(first) || !isVersion(second)) return undefined
  return /^[a-z0-9][a-z0-9._~^-]{0,99}$/.test(third)
    ? { kind: 'release', image: first, version: second, name: third }
    : undefined
}

/**
 * Where a target lies below `targets/` in a repository with consistent snapshots (TUF specification
 * 1.0.33, section 6.2): the digest before the last component.
 */
export function storedTarget(target: string, sha256: string): string {
  const slash = target.lastIndexOf('/')
  return `${target.slice(0, slash + 1)}${sha256}.${target.slice(slash + 1)}`
}
