import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { entryOf, type LogEntry } from './entry.ts'
import { partialSuccess } from './http-target.ts'
import { jsonLines, otlpLogs } from './json-format.ts'
import { syslogFrame } from './syslog-format.ts'

const writer = {
  id: '0123456789abcdef',
  name: 'shop-web-1',
  image: 'registry/web:1',
  project: 'shop',
  service: 'web',
}
const entry: LogEntry = {
  writer,
  stream: 'stderr',
  timeNs: 1_767_225_600_123_456_789n,
  text: Buffer.from('grüße\t!'),
  isPart: false,
}

describe('a line of a container', () => {
  it('loses its line feed, and a terminal’s carriage return before it', () => {
    const line = (content: string) => ({
      stream: 'stdout' as const,
      timestamp: '2026-01-01T00:00:00.5+00:00',
      content: Buffer.from(content),
    })
    const read = (content: string) => {
      const { text, isPart } = entryOf(writer, line(content))
      return [text.toString(), isPart]
    }
    assert.deepEqual(read('a\n'), ['a', false])
    assert.deepEqual(read('a\r\n'), ['a', false])
    assert.deepEqual(read('\n'), ['', false])
    assert.deepEqual(read('a\r'), ['a\r', true])
    assert.equal(entryOf(writer, line('a\n')).timeNs, 1_767_225_600_500_000_000n)
  })

  it('is a message of syslog with its length in bytes before it', () => {
    const message =
      '<27>1 2026-01-01T00:00:00.123456Z host shop-web-1 0123456789ab stderr [container@32473 id="0123456789abcdef" image="registry/web:1" project="shop" service="web"] grüße\t!'
    const frame = syslogFrame(entry, 'host').toString()
    assert.equal(frame, `${Buffer.byteLength(message)} ${message}`)
  })

  it('leaves no header field of syslog empty or with blanks, and escapes what ends a value', () => {
    const odd = { id: 'x', name: 'a b\u00e9', image: 'q"]\\' }
    const frame = syslogFrame({ ...entry, writer: odd, isPart: true, stream: 'stdout' }, '')
    assert.match(
      frame.toString(),
      /^\d+ <30>1 \S+ - a\?b\? x stdout \[container@32473 id="x" image="q\\"\\\]\\\\" part="true"\] /,
    )
  })

  it('is a line of JSON', () => {
    const text = jsonLines([entry, { ...entry, text: Buffer.from([0xff]), isPart: true }], 'host')
    const [first, second, rest] = text.split('\n')
    assert.deepEqual(JSON.parse(first ?? ''), {
      time: '2026-01-01T00:00:00.123456789Z',
      host: 'host',
      container: writer,
      stream: 'stderr',
      message: 'grüße\t!',
    })
    const part = JSON.parse(second ?? '') as { message: string; part: boolean }
    assert.deepEqual([part.message, part.part], ['\ufffd', true])
    assert.equal(rest, '')
  })

  it('is a record of OTLP below the resource that its container is', () => {
    const other = { ...entry, writer: { id: 'b', name: 'lone', image: 'i' } }
    const { resourceLogs } = JSON.parse(otlpLogs([entry, other, entry], 'host'))
    const resources = resourceLogs.map(
      ({ resource, scopeLogs }: { resource: unknown; scopeLogs: { logRecords: unknown[] }[] }) => [
        resource,
        scopeLogs[0]?.logRecords.length,
      ],
    )
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
    assert.deepEqual(resources, [
      [
        {
          attributes: [
            attribute('service.name', 'web'),
            attribute('service.namespace', 'shop'),
            attribute('host.name', 'host'),
            attribute('container.id', writer.id),
            attribute('container.name', 'shop-web-1'),
            attribute('container.image.name', 'registry/web:1'),
          ],
        },
        2,
      ],
      [
        {
          attributes: [
            attribute('service.name', 'lone'),
            attribute('host.name', 'host'),
            attribute('container.id', 'b'),
            attribute('container.name', 'lone'),
            attribute('container.image.name', 'i'),
          ],
        },
        1,
      ],
    ])
    assert.deepEqual(resourceLogs[0].scopeLogs[0].logRecords[0], {
      timeUnixNano: '1767225600123456789',
      observedTimeUnixNano: '1767225600123456789',
      body: { stringValue: 'grüße\t!' },
      attributes: [attribute('log.iostream', 'stderr')],
    })
  })

  it('may be refused by an OTLP receiver that takes the others', () => {
    assert.deepEqual(partialSuccess(''), { refused: 0 })
    assert.deepEqual(partialSuccess('{}'), { refused: 0 })
    const text = '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}'
    assert.deepEqual(partialSuccess(text), { refused: 2, reason: 'too old' })
  })
})
