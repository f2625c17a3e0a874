import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseLockRequest } from './lock-request.ts'

const parse = (text: string | Buffer) => parseLockRequest(Buffer.from(text))
const request = (parameters: object) => JSON.stringify({ client_params: parameters })

describe('the body of a lock request', () => {
  it('has a group and an ID; what else it has is let go', () => {
    assert.deepEqual(
      parse(
        '{"client_params": {"id": "c988d250-9fdf", "group": "web.eu-1", "tide": 3}, "node": "a"}',
      ),
      { group: 'web.eu-1', id: 'c988d250-9fdf' },
    )
  })

  const noGroup = 'client_params.group: expected 1 to 64 letters, digits, dots and dashes'
  const noId = 'client_params.id: expected 1 to 128 printable ASCII characters'
  const wrong: readonly [text: string | Buffer, value: string][] = [
    ['', 'it is not JSON text'],
    ['{', 'it is not JSON text'],
    [Buffer.from([0x22, 0xff, 0x22]), 'it is not JSON text'],
    ['[]', 'the body is not an object'],
    ['null', 'the body is not an object'],
    ['{}', 'client_params is not an object'],
    [request([]), 'client_params is not an object'],
    [request({ id: 'a' }), noGroup],
    [request({ id: 'a', group: '' }), noGroup],
    [request({ id: 'a', group: 3 }), noGroup],
    [request({ id: 'a', group: '../b' }), noGroup],
    [request({ id: 'a', group: '__proto__' }), noGroup],
    [request({ id: 'a', group: 'web\n' }), noGroup],
    [request({ id: 'a', group: 'w'.repeat(65) }), noGroup],
    [request({ group: 'web' }), noId],
    [request({ id: '', group: 'web' }), noId],
    [request({ id: ['a'], group: 'web' }), noId],
    [request({ id: 'a\nb', group: 'web' }), noId],
    [request({ id: 'ä', group: 'web' }), noId],
    [request({ id: 'a'.repeat(129), group: 'web' }), noId],
  ]
  for (const [text, value] of wrong)
    it(`is refused when it is ${JSON.stringify(String(text).slice(0, 60))}`, () =>
      assert.deepEqual(parse(text), { kind: 'invalid_request', value }))
})
