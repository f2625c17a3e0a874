import type { ChannelDescription } from '../release.ts'
import type { BadRelease, Hold } from '../state/state.ts'

/** All that counts when the next release is chosen. */
export type ReleaseSituation = {
  readonly running: RunningRelease
  /** The release that waits in the other slot for a reboot. */
  readonly staged?: { readonly version: string; readonly byHand: boolean }
  readonly badReleases: readonly BadRelease[]
  readonly hold?: Hold
  /** The version that this host shall have. */
  readonly pin?: string
  readonly channel: ChannelDescription
  /** Somebody asks, perhaps for one version by its name. */
  readonly byHand?: { readonly version?: string }
}

export type RunningRelease = {
  readonly image: string
  readonly version: string
  /** It runs, but is not blessed yet. */
  readonly onTrial: boolean
}

/** What to do about releases, each with a sentence for people that tells why. */
export type ReleaseDecision =
  /** Nothing: the host has what it shall have. */
  | { readonly kind: 'current'; readonly version: string; readonly reason: string }
  | TakeRelease
  /** Nothing: a release waits for a reboot, or runs on trial. */
  | { readonly kind: 'waiting'; readonly version: string; readonly reason: string }
  /** Nothing, because of a hold; `available` would be taken without it. */
  | { readonly kind: 'held'; readonly available?: string; readonly reason: string }
  /** The release that waits is no longer wanted: it must not be booted. */
  | { readonly kind: 'drop'; readonly version: string; readonly reason: string }
  | {
      readonly kind: 'refused'
      readonly because: Refusal
      readonly version?: string
      readonly reason: string
    }

export type TakeRelease = {
  readonly kind: 'take'
  /** The next release to write, the first step of the way. */
  readonly version: string
  /** Target path of its ReleaseDescription. */
  readonly release: string
  /** Where the way ends; `version` itself when there is but one step. */
  readonly goal: string
  /** The floors on the way, `version` first when it is one. */
  readonly via: readonly string[]
  /** The waiting release that this one takes the place of. */
  readonly replaces?: string
  readonly reason: string
}

export type Refusal =
  | 'other-image'
  | 'channel-malformed'
  | 'channel-empty'
  | 'not-in-channel'
  | 'bad-release'
  | 'bad-floor'
  | 'downgrade'
  | 'below-floor'
