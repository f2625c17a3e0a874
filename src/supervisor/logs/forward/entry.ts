import type { Container } from '../../containers/container.ts'
import { labelsOf } from '../../containers/labels.ts'
import type { LogLine } from '../log-line.ts'
import { timestampNs } from '../log-line.ts'

/** What is said of a container with each of its lines. */
export type Writer = {
  readonly id: string
  readonly name: string
  readonly image: string
  /** Of a container that Compose brought, here or by a client. */
  readonly project?: string
  readonly service?: string
}

/** A line as it is sent. */
export type LogEntry = {
  readonly writer: Writer
  readonly stream: 'stdout' | 'stderr'
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint
  /** Without its line feed. */
  readonly text: Buffer
  /** More of the line follows in another entry. */
  readonly isPart: boolean
}

export function writerOf(container: Container): Writer {
  const labels = labelsOf(container)
  const project = labels['com.docker.compose.project']
  const service = labels['com.docker.compose.service']
  return {
    id: container.id,
    name: container.name,
    image: container.spec.image,
    ...(project === undefined ? {} : { project }),
    ...(service === undefined ? {} : { service }),
  }
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

export function entryOf(writer: Writer, { stream, timestamp, content }: LogLine): LogEntry {
  const isPart = content.at(-1) !== lineFeed
  const end = isPart ? content.length : content.length - 1
  // What a terminal writes ends with both.
  const text = content.subarray(0, content[end - 1] === carriageReturn && !isPart ? end - 1 : end)
  return { writer, stream, timeNs: timestampNs(timestamp), text, isPart }
}

/** RFC 3339 in UTC, with as many digits of the second's fraction as asked for. */
export function timeText(timeNs: bigint, digits: 6 | 9): string {
  const second = new Date(Number(timeNs / 1_000_000n)).toISOString().slice(0, 19)
  const fraction = String(timeNs % 1_000_000_000n).padStart(9, '0')
  return `${second}.${fraction.slice(0, digits)}Z`
}
