import {
  type BooleanField,
  type SectionField,
  type SectionOf,
  section,
  type TextField,
  text,
} from '../../checked-yaml/schema.ts'
import { BOOT_TRIES, MAXIMUM_TRIES } from '../esp/entry-name.ts'
import { weekdays } from '../schedule/window.ts'
import { durationPattern } from './duration.ts'

/** `/etc/slipway/update.yaml` as it is written; docs/reference/update-settings.md is generated from its schema. */
export type UpdateFile = {
  readonly enabled: boolean
  readonly server?: string
  readonly channel: string
  readonly interval: string
  readonly strategy: string
  readonly windows: readonly WindowEntry[]
  readonly lock?: LockEntry
  readonly tries: number
  readonly health: HealthEntry
  readonly history: number
}

type WindowEntry = {
  readonly days: readonly string[]
  readonly start: string
  readonly length: string
  readonly timeZone: string
}

type LockEntry = { readonly url: string; readonly group: string; readonly caCertificate?: string }

type HealthEntry = {
  readonly containers: boolean
  readonly network: boolean
  readonly server: boolean
  readonly timeout: string
}

export const strategies = ['immediate', 'window', 'manual', 'lock'] as const
export type Strategy = (typeof strategies)[number]

/** FleetLock's grammar of groups. */
export const groupPattern = /^[a-zA-Z0-9.-]+$/

const window: SectionOf<WindowEntry> = section('One weekly window.', {
  days: {
    kind: 'list',
    about: 'On which days the window opens.',
    item: text('', '', { choices: ['daily', ...weekdays] }),
    default: ['daily'],
  },
  start: text(
    'When it opens, on the clocks of `timeZone`. Where they are put forward over it, it opens later by as much; where they show it twice, the first time.',
    'a time of day from "00:00" to "23:59"',
    { pattern: /^(?:[01]\d|2[0-3]):[0-5]\d$/ },
  ),
  length: duration(
    'How long it stays open, across midnight too, whatever clocks do meanwhile. At most `24h`.',
  ),
  timeZone: text('The zone of `start` and `days`.', 'a time zone of IANA’s such as Europe/Berlin', {
    pattern: /^[A-Za-z][A-Za-z0-9_+/-]*$/,
    default: 'UTC',
  }),
})

const lock: SectionField & SectionOf<LockEntry> = section(
  'The server that hands out reboots, by the FleetLock protocol. With `strategy: lock`, and only then.',
  {
    url: text('Its base address, to which `/v1/pre-reboot` is added.', 'an http(s) URL'),
    group: text(
      'The group of hosts that this one belongs to.',
      'letters, digits, dots and dashes',
      {
        pattern: groupPattern,
        default: 'default',
      },
    ),
    caCertificate: text(
      'A file with the certificates (PEM) that the server’s must come from, instead of the public ones.',
      'an absolute path',
      { pattern: /^\/\S*[^\s/]$/, optional: true },
    ),
  },
)

const health: SectionOf<HealthEntry> = section(
  'What must hold after the reboot. Otherwise the host goes back to the release before.',
  {
    containers: flag('The declared containers that were healthy before are healthy.'),
    network: flag('The interfaces that had an address before have one.'),
    server: flag('The update server answers.'),
    timeout: duration('How long the checks may take until they hold. `30s` to `1h`.', '10m'),
  },
)

/** The schema of the settings file. */
export const updateFileSchema: SectionOf<UpdateFile> = section('Settings of the host’s updates.', {
  enabled: flag(
    'Whether the host looks for releases. `false` switches off what a file of the image says.',
  ),
  server: text(
    'The address of the repository of releases. Needed unless `enabled` is `false`.',
    'an http(s) URL',
    { optional: true },
  ),
  channel: text(
    'The stream of releases to follow.',
    'a name of lower-case letters, digits and dashes',
    {
      pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
      default: 'stable',
    },
  ),
  interval: duration(
    'How long to wait from one look to the next, on average: each wait is drawn from three to five quarters of it. `1m` to `30d`.',
    '6h',
  ),
  strategy: text(
    'When to reboot into a release that is ready: at once, in a window, when someone asks, or when the lock server allows it (and a window is open, if there are any).',
    '',
    { choices: strategies, default: 'immediate' },
  ),
  windows: {
    kind: 'sections',
    about: 'When the host may reboot. With the strategies `window` (at least one) and `lock`.',
    item: window,
  },
  lock: { ...lock, optional: true },
  tries: {
    kind: 'integer',
    about:
      'How often a new release is booted until one boot is good; after that the host goes back to the release before.',
    minimum: 1,
    maximum: MAXIMUM_TRIES,
    default: BOOT_TRIES,
  },
  health,
  history: {
    kind: 'integer',
    about: 'How many past updates `slipctl update status` remembers.',
    minimum: 1,
    maximum: 100,
    default: 20,
  },
})

function duration(about: string, standard?: string): TextField {
  return text(about, 'a duration such as 90s, 30m, 6h or 1d', {
    pattern: durationPattern,
    ...(standard !== undefined && { default: standard }),
  })
}

function flag(about: string): BooleanField {
  return { kind: 'boolean', about, default: true }
}
