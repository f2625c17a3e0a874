import type { ChannelDescription, ChannelEntry } from '../release.ts'
import type { BadRelease, Hold } from '../state/state.ts'
import { compareVersions, isVersion } from '../version.ts'

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

/**
 * Chooses the next release.
 *
 * - Unasked, a host takes the newest release of its channel that is newer than what runs and is not bad.
 * - Floors are not skipped: the way goes from one to the next, a reboot each.
 * - A host goes back only to its pin or to a version that somebody names, and never below a floor at or
 *   under what runs, since what a floor changed on disk is not changed back.
 * - A bad release is taken again only when somebody names it.
 * - What somebody chose by its version waits until somebody names another.
 * - A hold stops everything but what somebody asks for.
 */
export function decideRelease(situation: ReleaseSituation): ReleaseDecision {
  const { running, staged, hold, byHand, channel } = situation
  if (running.onTrial)
    return {
      kind: 'waiting',
      version: running.version,
      reason: `${running.version} runs on trial; what comes next is decided when its checks are through`,
    }
  const unusable = unusableChannel(channel, running)
  if (unusable !== undefined) return unusable
  if (staged?.byHand === true && byHand?.version === undefined)
    return waitingForReboot(staged.version)
  const decision = towardsGoal(situation)
  if (hold !== undefined && byHand === undefined) return held(hold, decision)
  if (staged === undefined) return decision
  if (decision.kind === 'take')
    return decision.version === staged.version
      ? waitingForReboot(staged.version)
      : { ...decision, replaces: staged.version }
  return {
    kind: 'drop',
    version: staged.version,
    reason: `${staged.version} waited for a reboot and is no longer wanted: ${decision.reason}`,
  }
}

function towardsGoal(situation: ReleaseSituation): ReleaseDecision {
  const wanted = situation.byHand?.version ?? situation.pin
  return wanted === undefined ? towardsNewest(situation) : towardsVersion(situation, wanted)
}

function towardsNewest({ running, channel, badReleases }: ReleaseSituation): ReleaseDecision {
  const newer = channel.releases.filter(({ version }) => isNewer(version, running.version))
  const isBad = ({ version }: ChannelEntry) => badReleases.some((bad) => bad.version === version)
  const badFloor = newer.find((entry) => entry.floor && isBad(entry))
  const reachable = badFloor === undefined ? newer : newer.slice(0, newer.indexOf(badFloor))
  const goal = reachable.findLast((entry) => !isBad(entry))
  if (goal !== undefined)
    return firstStep(
      goal,
      newer,
      `${goal.version} is the newest of ${channel.channel} for this host`,
    )
  const newest = newer.at(-1)
  if (badFloor !== undefined && badFloor !== newest)
    return refusedFloor(badFloor.version, badReleases)
  if (newest !== undefined) return refusedBad(newest.version, badReleases)
  const last = channel.releases.at(-1)
  if (last !== undefined && isNewer(running.version, last.version))
    return {
      kind: 'refused',
      because: 'downgrade',
      version: last.version,
      reason: `the newest of ${channel.channel}, ${last.version}, is older than ${running.version}, which runs; a host goes back only to a pin or when somebody names the version`,
    }
  return {
    kind: 'current',
    version: running.version,
    reason: `${running.version} is the newest of ${channel.channel}`,
  }
}

function towardsVersion(
  { running, channel, badReleases, byHand }: ReleaseSituation,
  wanted: string,
): ReleaseDecision {
  const named = byHand?.version !== undefined
  const who = named ? `${wanted} was asked for` : `this host is pinned to ${wanted}`
  if (compareVersions(wanted, running.version) === 0)
    return { kind: 'current', version: running.version, reason: `${who}, and runs` }
  const goal = channel.releases.find(({ version }) => version === wanted)
  if (goal === undefined)
    return {
      kind: 'refused',
      because: 'not-in-channel',
      version: wanted,
      reason: `${who}, and ${channel.channel} does not have it`,
    }
  if (!named && badReleases.some(({ version }) => version === wanted))
    return refusedBad(wanted, badReleases)
  if (isNewer(running.version, wanted)) return backTo(goal, running.version, channel, who)
  const newer = channel.releases.filter(({ version }) => isNewer(version, running.version))
  const badFloor = newer.find(
    ({ version, floor }) =>
      floor && isNewer(wanted, version) && badReleases.some((bad) => bad.version === version),
  )
  return badFloor === undefined
    ? firstStep(goal, newer, who)
    : refusedFloor(badFloor.version, badReleases)
}

/** One step up towards `goal`; `newer` are the channel's releases above what runs, oldest first. */
function firstStep(goal: ChannelEntry, newer: readonly ChannelEntry[], why: string): TakeRelease {
  const floors = newer.filter(({ floor, version }) => floor && isNewer(goal.version, version))
  const step = floors[0] ?? goal
  const via = floors.map(({ version }) => version)
  return {
    kind: 'take',
    version: step.version,
    release: step.release,
    goal: goal.version,
    via,
    reason: via.length === 0 ? why : `${why}; the way there goes through ${via.join(', ')}`,
  }
}

function backTo(
  goal: ChannelEntry,
  running: string,
  channel: ChannelDescription,
  who: string,
): ReleaseDecision {
  const { version, release } = goal
  const floor = channel.releases.findLast(
    (entry) => entry.floor && isNewer(entry.version, version) && !isNewer(entry.version, running),
  )
  if (floor === undefined)
    return { kind: 'take', version, release, goal: version, via: [], reason: who }
  return {
    kind: 'refused',
    because: 'below-floor',
    version,
    reason: `${who}, but is below the floor ${floor.version}, which this host has passed; to go back further, install the host anew`,
  }
}

/** A channel from which nothing can be chosen says nothing about the waiting release either. */
function unusableChannel(
  channel: ChannelDescription,
  running: RunningRelease,
): ReleaseDecision | undefined {
  const { image, releases } = channel
  const refused = (because: Refusal, reason: string) => ({
    kind: 'refused' as const,
    because,
    reason,
  })
  if (image !== running.image)
    return refused(
      'other-image',
      `the channel ${channel.channel} is for the image ${image}, and this host has ${running.image}`,
    )
  if (releases.length === 0)
    return refused('channel-empty', `the channel ${channel.channel} has no releases`)
  const wrong = releases.find(({ version }) => !isVersion(version))
  if (wrong !== undefined)
    return refused(
      'channel-malformed',
      `the channel ${channel.channel} has a release "${wrong.version}", which is no version`,
    )
  const unordered = releases.find(({ version }, index) => {
    const before = releases[index - 1]
    return before !== undefined && !isNewer(version, before.version)
  })
  if (unordered === undefined) return undefined
  return refused(
    'channel-malformed',
    `the releases of the channel ${channel.channel} are not in ascending order at ${unordered.version}`,
  )
}

function held(hold: Hold, decision: ReleaseDecision): ReleaseDecision {
  const why = hold.reason === undefined ? '' : `: ${hold.reason}`
  const available = decision.kind === 'take' ? decision.version : undefined
  const meanwhile = available === undefined ? '' : `; ${available} is available`
  return {
    kind: 'held',
    ...(available !== undefined && { available }),
    reason: `updates are held since ${hold.since}${why}${meanwhile}`,
  }
}

function waitingForReboot(version: string): ReleaseDecision {
  return { kind: 'waiting', version, reason: `${version} is in place and waits for a reboot` }
}

function refusedBad(version: string, badReleases: readonly BadRelease[]): ReleaseDecision {
  return {
    kind: 'refused',
    because: 'bad-release',
    version,
    reason: `${version} is not taken again: ${whyBad(version, badReleases)}`,
  }
}

function refusedFloor(version: string, badReleases: readonly BadRelease[]): ReleaseDecision {
  return {
    kind: 'refused',
    because: 'bad-floor',
    version,
    reason: `the way forward goes through ${version}, which is not taken again: ${whyBad(version, badReleases)}`,
  }
}

function whyBad(version: string, badReleases: readonly BadRelease[]): string {
  const bad = badReleases.find((each) => each.version === version)
  if (bad === undefined) return 'it is bad'
  const check = bad.check === undefined ? '' : `the check ${bad.check} failed: `
  return `this host left it on ${bad.at}: ${check}${bad.reason}`
}

function isNewer(version: string, than: string): boolean {
  return compareVersions(version, than) > 0
}
