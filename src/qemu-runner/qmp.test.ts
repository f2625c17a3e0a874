import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { parseQmpMessage, type QmpMessage } from './qmp.ts'

const cases: readonly [string, string, QmpMessage][] = [
  [
    'the greeting',
    '{"QMP":{"version":{"qemu":{"micro":5,"minor":0,"major":10},"package":""},"capabilities":["oob"]}}',
    { kind: 'greeting', version: '10.0.5' },
  ],
  [
    'a result',
    '{"return":{"running":true},"id":3}',
    { kind: 'result', id: 3, result: { running: true } },
  ],
  [
    'a refusal',
    '{"id":4,"error":{"class":"GenericError","desc":"no"}}',
    { kind: 'refusal', id: 4, reason: 'no' },
  ],
  [
    'a refusal of what it could not parse',
    '{"error":{"class":"GenericError","desc":"JSON parse error"}}',
    { kind: 'refusal', id: undefined, reason: 'JSON parse error' },
  ],
  [
    'an event',
    '{"timestamp":{"seconds":1,"microseconds":2},"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}',
    { kind: 'event', event: { name: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } } },
  ],
  [
    'an event without data',
    '{"event":"STOP"}',
    { kind: 'event', event: { name: 'STOP', data: {} } },
  ],
]

for (const [what, line, message] of cases)
  test(`QMP: ${what}`, () => assert.deepEqual(parseQmpMessage(line), message))

for (const line of ['qemu: hello', '[]', '{"return":{}}', '{}'])
  test(`QMP: ${line} is not a message`, () =>
    assert.throws(
      () => parseQmpMessage(line),
      (error) => isSlipwayError(error, 'SLIPWAY_QEMU_PROTOCOL'),
    ))
