import { hostname } from 'node:os'
import { type LogEntry, timeText } from './entry.ts'

/** `daemon` of RFC 5424; what writes to standard error says `err`, all else `info`, as in the journal. */
const facility = 3
const severities = { stdout: 6, stderr: 3 } as const

/** The enterprise number that is set aside for documentation (RFC 5612): we have none. */
const structuredDataId = 'container@32473'

/** An entry as RFC 5424 has it, framed by octet counting (RFC 6587, 3.4.1). */
export function syslogFrame(entry: LogEntry, host = hostname()): Buffer {
  const { writer, stream, timeNs, text } = entry
  const { id, name, image, project, service } = writer
  const parameters = Object.entries({ id, image, project, service, ...partOf(entry) })
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([key, value]) => ` ${key}="${value.replace(/["\\\]]/g, '\\$&')}"`)
  const header = [
    `<${facility * 8 + severities[stream]}>1`,
    timeText(timeNs, 6),
    printable(host, 255),
    printable(name, 48),
    printable(id, 12),
    stream,
    `[${structuredDataId}${parameters.join('')}] `,
  ].join(' ')
  const message = Buffer.concat([Buffer.from(header), text])
  return Buffer.concat([Buffer.from(`${message.length} `), message])
}

function partOf({ isPart }: LogEntry): { readonly part?: string } {
  return isPart ? { part: 'true' } : {}
}

/** Header fields have printable characters of ASCII without blanks, and a dash for nothing. */
function printable(text: string, length: number): string {
  return text.replace(/[^\x21-\x7e]/g, '?').slice(0, length) || '-'
}
