import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { downtime, latencies, visit } from './visitor.ts'

let isUp = true
const server = createServer((_, response) => {
  response.writeHead(isUp ? 200 : 503).end('here')
})
let port: number

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

after(() => {
  server.closeAllConnections()
  server.close()
})

test('a percentile is a time that was measured, and the maximum the longest one', () => {
  const visits = Array.from({ length: 200 }, (_, index) => ({
    answeredAtMs: 0,
    tookMs: 200 - index,
    isAnswered: true,
  }))
  assert.deepEqual(latencies(visits), { p50: 100, p99: 198, max: 200 })
  assert.deepEqual(latencies(visits.slice(0, 1)), { p50: 200, p99: 200, max: 200 })
})

test('a container is visited as long as something else lasts, and no longer', async () => {
  let questions = 0
  server.on('request', () => {
    questions += 1
  })
  const { value, visits } = await visit(port, async () => {
    await delay(200)
    return 'done'
  })
  assert.equal(value, 'done')
  assert.ok(visits.length > 1 && visits.every(({ isAnswered }) => isAnswered))
  const before = questions
  await delay(100)
  assert.equal(questions, before)
})

test('what is not answered is told apart', async () => {
  isUp = false
  const { visits } = await visit(port, () => delay(100))
  isUp = true
  assert.ok(visits.length > 0 && visits.every(({ isAnswered }) => !isAnswered))
})

test('downtime is from the last answer before to the first one after', async () => {
  let isBack = false
  setTimeout(() => {
    isUp = false
  }, 300)
  setTimeout(() => {
    isUp = true
    isBack = true
  }, 1200)
  const tookMs = await downtime(
    port,
    () => isBack,
    () => {},
  )
  assert.ok(tookMs >= 700 && tookMs < 60_000, String(tookMs))
})

test('downtime ends with what has gone wrong', async () => {
  const fail = () => {
    throw new Error('the machine is gone')
  }
  await assert.rejects(
    downtime(port, () => false, fail),
    /the machine is gone/,
  )
})
