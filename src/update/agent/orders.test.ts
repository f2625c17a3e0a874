import assert from 'node:assert/strict'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import {
  answerOrder,
  forgetOldAnswers,
  giveOrder,
  type Order,
  orderWaits,
  takeAnswer,
  waitingOrders,
} from './orders.ts'
import { HostTree } from './testing/host-tree.ts'

const refusesNone = (error: Error) => assert.fail(error)

test('orders come back as they were given, oldest first', async (context) => {
  const { run } = new HostTree(context).paths
  const orders: readonly Order[] = [
    { kind: 'check' },
    { kind: 'apply', version: '1.2~rc1', reboot: true },
    { kind: 'apply', reboot: false },
    { kind: 'rollback', reason: 'it is slow' },
    { kind: 'pin', version: '1.2' },
    { kind: 'pin-end' },
    { kind: 'hold' },
    { kind: 'hold-end' },
  ]
  for (const [index, order] of orders.entries())
    await giveOrder(order, run, new Date(1_700_000_000_000 + index))
  const waiting = await waitingOrders(run, refusesNone)
  assert.deepEqual(
    waiting.map(({ order }) => order),
    orders,
  )
})

test('an answered order waits no more, and its answer is taken once', async (context) => {
  const { run } = new HostTree(context).paths
  const id = await giveOrder({ kind: 'check' }, run)
  assert.equal(await orderWaits(id, run), true)
  assert.equal(await takeAnswer(id, run), undefined)
  const answer = { ok: false, message: 'no', code: 'SLIPWAY_X', next: 'wait' }
  await answerOrder(id, answer, run)
  assert.equal(await orderWaits(id, run), false)
  assert.deepEqual(await takeAnswer(id, run), answer)
  assert.equal(await takeAnswer(id, run), undefined)
})

for (const [name, text] of [
  ['no JSON', 'reboot please'],
  ['an unknown order', '{"kind":"format"}'],
  ['a version that is a path', '{"kind":"pin","version":"../1"}'],
  ['a version without a word on the reboot', '{"kind":"apply","version":"1"}'],
] as const)
  test(`${name} is told, removed, and does not keep other orders`, async (context) => {
    const { run } = new HostTree(context).paths
    await giveOrder({ kind: 'check' }, run)
    const file = join(run, 'orders/0-bad.json')
    writeFileSync(file, text)
    const told: Error[] = []
    const waiting = await waitingOrders(run, (error) => told.push(error))
    assert.equal(waiting.length, 1)
    assert.ok(isSlipwayError(told[0], 'SLIPWAY_UPDATE_ORDER_INVALID'))
    assert.equal(existsSync(file), false)
  })

test('answers that nobody took are forgotten after an hour', async (context) => {
  const { run } = new HostTree(context).paths
  mkdirSync(join(run, 'answers'), { recursive: true })
  const answer = { ok: true, message: 'done' }
  await answerOrder('old', answer, run)
  await answerOrder('new', answer, run)
  const now = new Date()
  const before = now.getTime() / 1000 - 3601
  utimesSync(join(run, 'answers/old.json'), before, before)
  await forgetOldAnswers(run, now)
  assert.equal(await takeAnswer('old', run), undefined)
  assert.deepEqual(await takeAnswer('new', run), answer)
})
