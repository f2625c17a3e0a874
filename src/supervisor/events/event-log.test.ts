import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventJson } from './event.ts'
import { EventLog } from './event-log.ts'

const start = { type: 'container', action: 'start', id: 'a', attributes: { image: 'web' } } as const

describe('the event log', () => {
  it('tells listeners until they go, each event at a time of its own', () => {
    const log = new EventLog()
    const gone = new AbortController()
    const times: bigint[] = []
    log.listen(({ timeNs }) => times.push(timeNs), gone.signal)
    log.publish(start)
    log.publish(start)
    gone.abort()
    log.publish(start)
    assert.equal(times.length, 2)
    assert.ok((times[1] ?? 0n) > (times[0] ?? 0n))
  })

  it('remembers as many events as Docker', () => {
    const log = new EventLog()
    for (let number = 0; number < 300; number += 1) log.publish({ ...start, id: String(number) })
    assert.equal(log.past.length, 256)
    assert.equal(log.past[0]?.id, '44')
  })

  it('writes nanoseconds that no double holds', () => {
    const text = eventJson({ ...start, timeNs: 1767225600123456789n })
    assert.match(text, /"timeNano":1767225600123456789\}$/)
    assert.deepEqual(JSON.parse(text.replace(/,"timeNano":\d+/, '')), {
      status: 'start',
      id: 'a',
      from: 'web',
      Type: 'container',
      Action: 'start',
      Actor: { ID: 'a', Attributes: { image: 'web' } },
      scope: 'local',
      time: 1767225600,
    })
  })
})
