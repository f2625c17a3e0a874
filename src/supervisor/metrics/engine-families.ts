import type { ForwardCounts } from '../logs/forward/forwarder.ts'
import type { Family } from './exposition.ts'

/** What there is to say of the supervisor itself. */
export type EngineLook = {
  readonly version: string
  readonly startedAt: Date
  /** Of its own process. */
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** Services that are not as declared. */
  readonly failures: number
  /** Mistakes in Compose files. */
  readonly problems: number
  readonly images: number
  /** How often each thing happened, by type and action. */
  readonly events: ReadonlyMap<string, { type: string; action: string; count: number }>
  /** By the name of the target. */
  readonly forwarding: ReadonlyMap<string, ForwardCounts>
}

export function engineFamilies(look: EngineLook): Family[] {
  const gauge = (name: string, help: string, value: number): Family => ({
    ...{ name, type: 'gauge', help },
    samples: [{ labels: {}, value }],
  })
  const counter = (name: string, help: string, value: number): Family => ({
    ...{ name, type: 'counter', help },
    samples: [{ labels: {}, value }],
  })
  const forwarding = (name: string, help: string, pick: (counts: ForwardCounts) => number) => ({
    name: `slipway_log_${name}_total`,
    type: 'counter' as const,
    help,
    samples: [...look.forwarding].map(([target, counts]) => ({
      labels: { target },
      value: pick(counts),
    })),
  })
  return [
    {
      name: 'slipway_build_info',
      type: 'gauge',
      help: 'The version of the supervisor: always 1.',
      samples: [{ labels: { version: look.version }, value: 1 }],
    },
    gauge(
      'slipway_start_time_seconds',
      'When the supervisor was started, since the epoch.',
      look.startedAt.getTime() / 1000,
    ),
    counter('slipway_cpu_seconds_total', 'Processor time of the supervisor.', look.cpuSeconds),
    gauge(
      'slipway_resident_memory_bytes',
      'Resident memory of the supervisor.',
      look.residentBytes,
    ),
    gauge('slipway_images', 'Images that the host has.', look.images),
    gauge('slipway_failed_services', 'Services that are not as declared.', look.failures),
    gauge('slipway_declaration_problems', 'Mistakes in Compose files.', look.problems),
    {
      name: 'slipway_events_total',
      type: 'counter',
      help: 'What happened since the supervisor was started, as in Docker’s events.',
      samples: [...look.events.values()].map(({ type, action, count }) => ({
        labels: { type, action },
        value: count,
      })),
    },
    forwarding('sent_lines', 'Lines that a target took.', (counts) => counts.sentLines),
    forwarding('refused_lines', 'Lines that a target refused.', (counts) => counts.refusedLines),
    forwarding('send_failures', 'Tries that were repeated.', (counts) => counts.failures),
    forwarding('gaps', 'Times at which lines had gone before they were sent.', ({ gaps }) => gaps),
  ]
}
