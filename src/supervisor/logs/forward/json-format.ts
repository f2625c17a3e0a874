import { hostname } from 'node:os'
import { type LogEntry, timeText, type Writer } from './entry.ts'

/** Entries as lines of JSON. What is no UTF-8 becomes U+FFFD. */
export function jsonLines(entries: readonly LogEntry[], host = hostname()): string {
  return entries
    .map(({ writer, stream, timeNs, text, isPart }) => {
      const line = {
        time: timeText(timeNs, 9),
        host,
        container: writer,
        stream,
        message: text.toString('utf8'),
        ...(isPart && { part: true }),
      }
      return `${JSON.stringify(line)}\n`
    })
    .join('')
}

/**
 * Entries as an ExportLogsServiceRequest of OTLP in JSON, a resource for each container. Whether what goes to
 * standard error is an error is not ours to say, so there is no severity.
 */
export function otlpLogs(entries: readonly LogEntry[], host = hostname()): string {
  const byWriter = new Map<string, { writer: Writer; records: object[] }>()
  for (const { writer, stream, timeNs, text, isPart } of entries) {
    const group = byWriter.get(writer.id) ?? { writer, records: [] }
    byWriter.set(writer.id, group)
    group.records.push({
      timeUnixNano: String(timeNs),
      observedTimeUnixNano: String(timeNs),
      body: { stringValue: text.toString('utf8') },
      attributes: attributes({ 'log.iostream': stream, ...(isPart && { 'log.part': 'true' }) }),
    })
  }
  return JSON.stringify({
    resourceLogs: [...byWriter.values()].map(({ writer, records }) => ({
      resource: {
        attributes: attributes({
          'service.name': writer.service ?? writer.name,
          ...(writer.project !== undefined && { 'service.namespace': writer.project }),
          'host.name': host,
          'container.id': writer.id,
          'container.name': writer.name,
          'container.image.name': writer.image,
        }),
      },
      scopeLogs: [{ scope: { name: 'slipway' }, logRecords: records }],
    })),
  })
}

function attributes(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }))
}
