/**
 * What the agent remembers over restarts and reboots. docs/update-state-machine.md draws the phases. Times are
 * ISO 8601 in UTC; versions are those of releases; a boot ID is the kernel's, see random(4).
 */
export type UpdateState = {
  readonly phase: Phase
  readonly lastCheck?: CheckResult
  /** When to look again; drawn once after each check. */
  readonly nextCheckAt?: string
  /** Checks in a row that failed. */
  readonly checkFailures: number
  /** While it is there, no release is taken and none is booted unless by hand. */
  readonly hold?: Hold
  /** The release that this host shall have, whatever the channel's newest is. */
  readonly pin?: Pin
  /** Releases that are not taken again unless by hand, oldest first. */
  readonly badReleases: readonly BadRelease[]
  /** Past updates, oldest first. */
  readonly history: readonly PastUpdate[]
  /** The lock server may count this host as rebooting: it must be told when the host is back. */
  readonly lockMayBeHeld: boolean
}

export type Phase =
  | { readonly kind: 'idle' }
  | ({ readonly kind: 'downloading' } & Attempt)
  /** Written and committed; waits for a reboot. */
  | ({ readonly kind: 'staged'; readonly bootId: string } & Attempt)
  | ({ readonly kind: 'rebooting'; readonly bootId: string } & Attempt)
  /** Runs, and is not blessed yet. */
  | ({
      readonly kind: 'trying'
      readonly bootId: string
      /** Boots into it so far. */
      readonly tries: number
      readonly failure?: HealthFailure
    } & Attempt)
  /** On the way back to an older release, by hand: `version` is the older one. */
  | ({ readonly kind: 'returning'; readonly bootId: string; readonly reason: string } & Attempt)

/** One update, from the decision on. */
export type Attempt = {
  /** What ran when it began. */
  readonly from: string
  readonly version: string
  readonly since: string
  /** Somebody asked for this release by its version. */
  readonly byHand: boolean
}

export type CheckResult = {
  readonly at: string
  readonly ok: boolean
  /** For people: what was found, or what went wrong. */
  readonly message: string
  /** Of an error of the catalogue. */
  readonly code?: string
}

export type Hold = { readonly since: string; readonly reason?: string }
export type Pin = { readonly since: string; readonly version: string }

/** A check of health that did not hold. */
export type HealthFailure = { readonly at: string; readonly check: string; readonly reason: string }

export type BadRelease = {
  readonly version: string
  readonly at: string
  /** For people. */
  readonly reason: string
  /** The check that failed; absent when the release did not come up at all, or somebody went back. */
  readonly check?: string
}

export type PastUpdate = {
  readonly from: string
  readonly version: string
  readonly at: string
  readonly result: 'updated' | 'rolled-back' | 'returned' | 'dropped' | 'failed'
  /** For people; of an update that went well there is nothing to say. */
  readonly reason?: string
}

/** Of a host that remembers nothing. Whether it had a lock is among what it does not know. */
export const initialState: UpdateState = {
  phase: { kind: 'idle' },
  checkFailures: 0,
  badReleases: [],
  history: [],
  lockMayBeHeld: true,
}
