import type { CheckResult, Hold, Phase, Pin } from './state.ts'

/** What happens to a host's updates. Times are ISO 8601 in UTC. */
export type UpdateEvent =
  | { readonly kind: 'checked'; readonly result: CheckResult; readonly nextCheckAt: string }
  | {
      readonly kind: 'download-started'
      readonly at: string
      readonly from: string
      readonly version: string
      readonly byHand: boolean
    }
  | { readonly kind: 'download-failed'; readonly at: string; readonly reason: string }
  /** The UKI is in the ESP: the next boot is into the release. */
  | { readonly kind: 'staged'; readonly at: string; readonly bootId: string }
  /** The release that waited was taken out of the ESP again. */
  | { readonly kind: 'dropped'; readonly at: string; readonly reason: string }
  | { readonly kind: 'reboot-started' }
  | {
      readonly kind: 'return-started'
      readonly at: string
      /** What runs, and will not be taken again once it is left. */
      readonly from: string
      readonly version: string
      readonly bootId: string
      readonly reason: string
    }
  | ({ readonly kind: 'agent-started' } & BootFacts)
  | {
      readonly kind: 'unhealthy'
      readonly at: string
      readonly check: string
      readonly reason: string
    }
  | { readonly kind: 'blessed'; readonly at: string }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'hold-ended' }
  | { readonly kind: 'pinned'; readonly pin: Pin }
  | { readonly kind: 'pin-ended' }
  /** To be saved before the lock server is asked: the answer may be lost. */
  | { readonly kind: 'lock-asked' }
  | { readonly kind: 'lock-released' }

/** What the agent finds when it starts, after a boot or a restart of its own. */
export type BootFacts = {
  readonly at: string
  readonly bootId: string
  /** The version that runs. */
  readonly running: string
  /** The boot entry of what runs has tries left: it is not blessed. */
  readonly onTrial: boolean
  /**
   * The boot entry in the ESP of the version that the phase names, if it has one: how many tries are left, and
   * `blessed` when they are not counted.
   */
  readonly entry?: { readonly triesLeft: number | 'blessed' }
}

/** In which phases an event may come; the others are the agent's mistakes. */
export const eventPhases: Readonly<Record<UpdateEvent['kind'], readonly Phase['kind'][] | 'any'>> =
  {
    checked: 'any',
    'download-started': ['idle', 'staged'],
    'download-failed': ['downloading'],
    staged: ['downloading'],
    dropped: ['staged'],
    'reboot-started': ['staged'],
    'return-started': ['idle', 'trying'],
    'agent-started': 'any',
    unhealthy: ['trying'],
    blessed: ['trying'],
    held: 'any',
    'hold-ended': 'any',
    pinned: 'any',
    'pin-ended': 'any',
    'lock-asked': 'any',
    'lock-released': 'any',
  }
