import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { frame } from '../attach/frames.ts'
import { parseRecord } from './forward/journal-records.ts'
import { parseJournalEntry } from './journald.ts'
import { parseK8sLine } from './line-reader.ts'

describe('a line of output', () => {
  it('comes from the journal with its stream by its priority', () => {
    const entry = { MESSAGE: 'oops', PRIORITY: '3', __REALTIME_TIMESTAMP: '1767225600000000' }
    assert.deepEqual(parseJournalEntry(JSON.stringify(entry)), {
      stream: 'stderr',
      timestamp: '2026-01-01T00:00:00.000Z',
      content: Buffer.from('oops\n'),
    })
  })

  it('comes from the journal with a cursor and its container, where it is of one', () => {
    const entry = {
      MESSAGE: 'hi',
      PRIORITY: '6',
      __CURSOR: 's=1',
      __REALTIME_TIMESTAMP: '1767225600000000',
    }
    const own = { CONTAINER_ID_FULL: 'abc', CONTAINER_NAME: 'web' }
    const record = parseRecord(JSON.stringify({ ...entry, ...own }))
    assert.deepEqual([record?.cursor, record?.id, record?.name], ['s=1', 'abc', 'web'])
    assert.equal(record?.line.content.toString(), 'hi\n')
    assert.equal(parseRecord(JSON.stringify(entry)), undefined)
  })

  it('comes from the journal byte by byte when it is no UTF-8, and without line feed in parts', () => {
    const entry = {
      MESSAGE: [255, 0],
      PRIORITY: '6',
      CONTAINER_PARTIAL_MESSAGE: 'true',
      __REALTIME_TIMESTAMP: '1767225600000000',
    }
    const line = parseJournalEntry(JSON.stringify(entry))
    assert.deepEqual([line?.stream, line?.content], ['stdout', Buffer.from([255, 0])])
  })

  it('comes from a file with and without its line feed', () => {
    const full = parseK8sLine(Buffer.from('2026-01-01T00:00:00.1+00:00 stderr F a b\n'))
    assert.deepEqual([full?.stream, full?.content.toString()], ['stderr', 'a b\n'])
    const part = parseK8sLine(Buffer.from('2026-01-01T00:00:00.1+00:00 stdout P a\n'))
    assert.equal(part?.content.toString(), 'a')
    assert.equal(parseK8sLine(Buffer.from('not a line\n')), undefined)
  })

  it("goes out in Docker's frames", () => {
    const content = Buffer.from('hi\n')
    assert.deepEqual(
      frame('stderr', content),
      Buffer.from([2, 0, 0, 0, 0, 0, 0, 3, ...Buffer.from('hi\n')]),
    )
  })
})
