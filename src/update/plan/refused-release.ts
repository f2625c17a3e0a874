import type { BadRelease } from '../state/state.ts'
import type { ReleaseDecision } from './release-decision.ts'

/** The release is one that this host has left before. */
export function refusedBad(version: string, badReleases: readonly BadRelease[]): ReleaseDecision {
  return {
    kind: 'refused',
    because: 'bad-release',
    version,
    reason: `${version} is not taken again: ${whyBad(version, badReleases)}`,
  }
}

/** A release that may not be skipped is one that this host has left before. */
export function refusedFloor(version: string, badReleases: readonly BadRelease[]): ReleaseDecision {
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
