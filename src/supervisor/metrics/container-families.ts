import { statusOf } from '../api/containers/state-json.ts'
import type { Container } from '../containers/container.ts'
import { labelsOf } from '../containers/labels.ts'
import type { HealthStatus } from '../health/health.ts'
import type { Figures, NetworkFigures } from '../stats/figures.ts'
import type { Family, Labels, Sample } from './exposition.ts'

/** A container, what it uses if it runs, and how it is found if it has a health check. */
export type ContainerLook = {
  readonly container: Container
  readonly figures: Figures | undefined
  readonly health: HealthStatus | undefined
}

const states = ['created', 'running', 'paused', 'restarting', 'exited'] as const
const healths = ['starting', 'healthy', 'unhealthy'] as const

/** What there is to say of containers; `name` alone tells them apart, the rest is with the family `info`. */
export function containerFamilies(looks: readonly ContainerLook[]): Family[] {
  const family = (
    type: Family['type'],
    name: string,
    help: string,
    samplesOf: (look: ContainerLook, labels: Labels) => readonly Sample[],
  ): Family => ({
    name: `slipway_container_${name}`,
    type,
    help,
    samples: looks.flatMap((look) => samplesOf(look, { name: look.container.name })),
  })
  const one = (labels: Labels, value: number | undefined): Sample[] =>
    value === undefined ? [] : [{ labels, value }]
  const network = (name: string, help: string, pick: (figures: NetworkFigures) => number) =>
    family('counter', `network_${name}_total`, help, ({ figures }, labels) =>
      Object.entries(figures?.networks ?? {}).map(([device, counts]) => ({
        labels: { ...labels, interface: device },
        value: pick(counts),
      })),
    )
  const block = (
    name: string,
    help: string,
    pick: (figures: Figures['blocks'][number]) => number,
  ) =>
    family('counter', `block_${name}_bytes_total`, help, ({ figures }, labels) =>
      (figures?.blocks ?? []).map((counts) => ({
        labels: { ...labels, device: `${counts.major}:${counts.minor}` },
        value: pick(counts),
      })),
    )
  return [
    family('gauge', 'info', 'What a container is: always 1.', ({ container }, labels) =>
      one({ ...labels, ...identityOf(container) }, 1),
    ),
    family(
      'gauge',
      'state',
      'What a container is doing: 1 for one of the states.',
      (look, labels) =>
        states.map((state) => ({
          labels: { ...labels, state },
          value: statusOf(look.container) === state ? 1 : 0,
        })),
    ),
    family(
      'gauge',
      'health',
      'How the health check of a running container finds it: 1 for one of them.',
      ({ health }, labels) =>
        health === undefined
          ? []
          : healths.map((one) => ({
              labels: { ...labels, health: one },
              value: health === one ? 1 : 0,
            })),
    ),
    family(
      'counter',
      'restarts_total',
      'How often the restart policy has started a container again.',
      ({ container }, labels) => one(labels, container.state.restartCount),
    ),
    family(
      'gauge',
      'start_time_seconds',
      'When a container was last started, since the epoch.',
      ({ container: { state } }, labels) =>
        one(labels, state.startedAt === undefined ? undefined : Date.parse(state.startedAt) / 1000),
    ),
    family(
      'gauge',
      'exit_code',
      'The exit code of a container that has ended.',
      ({ container: { state } }, labels) =>
        one(labels, state.status === 'exited' ? state.exitCode : undefined),
    ),
    family(
      'gauge',
      'out_of_memory',
      'Whether a container has ended since it was out of memory.',
      ({ container: { state } }, labels) =>
        one(labels, state.status === 'exited' ? Number(state.oomKilled) : undefined),
    ),
    family(
      'counter',
      'cpu_seconds_total',
      'Processor time since the container was started.',
      ({ figures }, labels) =>
        figures === undefined
          ? []
          : [
              { labels: { ...labels, mode: 'user' }, value: figures.cpu.userNs / 1e9 },
              { labels: { ...labels, mode: 'system' }, value: figures.cpu.kernelNs / 1e9 },
            ],
    ),
    family(
      'gauge',
      'memory_bytes',
      'Memory without what the kernel could drop at once.',
      ({ figures }, labels) => one(labels, figures?.memory && usedBytes(figures.memory)),
    ),
    family(
      'gauge',
      'memory_limit_bytes',
      'The limit of memory; that of the host for none.',
      ({ figures }, labels) => one(labels, figures?.memory?.limitBytes),
    ),
    family('gauge', 'processes', 'Processes and threads.', ({ figures }, labels) =>
      one(labels, figures?.processes?.current),
    ),
    network('receive_bytes', 'Bytes received.', (counts) => counts.receivedBytes),
    network('receive_packets', 'Packets received.', (counts) => counts.receivedPackets),
    network('receive_errors', 'Errors in receiving.', (counts) => counts.receiveErrors),
    network('receive_dropped', 'Received packets dropped.', (counts) => counts.receiveDropped),
    network('transmit_bytes', 'Bytes sent.', (counts) => counts.sentBytes),
    network('transmit_packets', 'Packets sent.', (counts) => counts.sentPackets),
    network('transmit_errors', 'Errors in sending.', (counts) => counts.sendErrors),
    network('transmit_dropped', 'Packets to send dropped.', (counts) => counts.sendDropped),
    block('read', 'Bytes read from block devices.', (counts) => counts.readBytes),
    block('written', 'Bytes written to block devices.', (counts) => counts.writtenBytes),
  ]
}

function identityOf(container: Container): Labels {
  const labels = labelsOf(container)
  return {
    id: container.id,
    image: container.spec.image,
    project: labels['com.docker.compose.project'] ?? '',
    service: labels['com.docker.compose.service'] ?? '',
  }
}

/** As the docker command line counts it. */
function usedBytes(memory: NonNullable<Figures['memory']>): number {
  return memory.usedBytes - (memory.details.inactive_file ?? 0)
}
