import type { ChannelDescription, ChannelEntry } from '../release.ts'
import type { Hold } from '../state/state.ts'
import { compareVersions, isNewer } from '../version.ts'
import { refusedBad, refusedFloor } from './refused-release.ts'
import type { ReleaseDecision, ReleaseSituation, TakeRelease } from './release-decision.ts'
import { unusableChannel } from './unusable-channel.ts'

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
