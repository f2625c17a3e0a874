import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparingLog } from './sparing-log.ts'

test('a host that waits for hours says so once a minute, and every error', () => {
  const lines: string[] = []
  let nowMs = 0
  const log = sparingLog(
    (line) => lines.push(line),
    () => nowMs,
  )
  for (; nowMs < 10 * 60_000; nowMs += 5000) log.info('the server is away')
  assert.equal(lines.length, 6 + 9)
  log.error('over')
  assert.equal(lines.at(-1), 'over')
})
