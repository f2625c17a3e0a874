import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openWorld } from '../metadata/testing/host.ts'
import { initialState } from '../state/state.ts'
import { loadUpdateState, saveUpdateState } from '../state/state-file.ts'
import { askAgent } from './ask-agent.ts'
import { waitingOrders } from './orders.ts'
import { HostTree } from './testing/host-tree.ts'
import { imageHost } from './testing/image-host.ts'
import { takeTurn } from './turn.ts'
import { readTurnMemory } from './turn-memory.ts'

const rootHash = 'a'.repeat(64)

/** A host whose disk has no partitions: what is tried here does not come to it. */
function hostWithoutDisk(context: TestContext) {
  const tree = new HostTree(context)
  tree.putEntry('slipway_1.0.0.efi', rootHash)
  tree.boot('boot-1', '1.0.0', rootHash)
  const events = join(tree.folder, 'events')
  writeFileSync(events, '')
  const disk = join(tree.folder, 'disk')
  writeFileSync(disk, Buffer.alloc(1 << 20))
  const host = imageHost({ paths: tree.paths, disk, rootHash, events })
  return {
    tree,
    host,
    events: () => readFileSync(events, 'utf8').trim().split('\n'),
    ask: (order: Parameters<typeof askAgent>[0]) =>
      askAgent(order, { run: tree.paths.run, takeTurn: () => takeTurn(host) }),
    state: async () => (await loadUpdateState(new Date().toISOString(), tree.paths.state)).state,
  }
}

test('a host without settings contacts nobody and arranges no turn', async (context) => {
  const { host, events, state } = hostWithoutDisk(context)
  await takeTurn(host)
  assert.ok(!events().some((line) => line.startsWith('wake')))
  assert.equal((await state()).lastCheck, undefined)
})

test('hold and pin are remembered without settings; a look is refused by its reason', async (context) => {
  const { ask, state } = hostWithoutDisk(context)
  assert.equal((await ask({ kind: 'hold', reason: 'a fair' })).ok, true)
  assert.equal((await ask({ kind: 'pin', version: '1.0.0' })).ok, true)
  const answer = await ask({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_DISABLED')
  const { hold, pin, lastCheck } = await state()
  assert.equal(lastCheck, undefined)
  assert.equal(hold?.reason, 'a fair')
  assert.equal(pin?.version, '1.0.0')
  await ask({ kind: 'hold-end' })
  await ask({ kind: 'pin-end' })
  const after = await state()
  assert.deepEqual([after.hold, after.pin], [undefined, undefined])
})

test('who gave an order is told what ended the turn', async (context) => {
  const { tree, ask } = hostWithoutDisk(context)
  // The state can be read, but not be replaced.
  mkdirSync(`${tree.paths.state}.new`, { recursive: true })
  const { ok, message } = await ask({ kind: 'hold' })
  assert.equal(ok, false)
  assert.match(message, /state\.json\.new/)
})

test('an image without a root of releases says so', async (context) => {
  const { tree, ask, state } = hostWithoutDisk(context)
  writeFileSync(tree.paths.settings, 'server: http://127.0.0.1:9/\n')
  const answer = await ask({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_NO_TRUST')
  assert.equal((await state()).lastCheck?.code, 'SLIPWAY_UPDATE_NO_TRUST')
})

test('settings with mistakes keep the host as it is, and are looked at again', async (context) => {
  const { tree, host, ask, events } = hostWithoutDisk(context)
  writeFileSync(tree.paths.settings, 'sever: http://127.0.0.1:9/\n')
  const answer = await ask({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_SETTINGS_INVALID')
  assert.match(answer.message, /did you mean "server"/)
  assert.ok(events().some((line) => line.startsWith('wake in ')))
  await takeTurn(host)
})

test('a server that is away is remembered and told, and asked again soon', async (context) => {
  const { workshop, server } = await openWorld(context)
  const { tree, host, ask, state, events } = hostWithoutDisk(context)
  copyFileSync(join(workshop.keys, '1.root.json'), tree.paths.rootFile)
  writeFileSync(tree.paths.settings, `server: ${server.url.href}\n`)
  await server.stop()
  const answer = await ask({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_SERVER_UNREACHABLE')
  const { lastCheck, checkFailures, nextCheckAt = '' } = await state()
  assert.equal(lastCheck?.code, answer.code)
  assert.equal(checkFailures, 1)
  const waitMs = Date.parse(nextCheckAt) - Date.parse(lastCheck?.at ?? '')
  // The first retry waits a minute at most.
  assert.ok(waitMs >= 30_000 && waitMs <= 60_000, String(waitMs))
  assert.ok(events().some((line) => line.includes('[SLIPWAY_UPDATE_SERVER_UNREACHABLE]')))
  // Nobody asks before.
  await takeTurn(host)
  assert.equal((await state()).checkFailures, 1)
})

test('a host that runs the newest release says so', async (context) => {
  const { workshop, server } = await openWorld(context, ['1.0.0'])
  const { tree, ask } = hostWithoutDisk(context)
  copyFileSync(join(workshop.keys, '1.root.json'), tree.paths.rootFile)
  writeFileSync(tree.paths.settings, `server: ${server.url.href}\n`)
  assert.deepEqual(await ask({ kind: 'check' }), {
    ok: true,
    message: '1.0.0 is the newest of stable',
  })
  const refused = await ask({ kind: 'apply', version: '7', reboot: true })
  assert.equal(refused.code, 'SLIPWAY_UPDATE_RELEASE_REFUSED')
  assert.match(refused.message, /7 was asked for, and stable does not have it/)
})

test('a disk that cannot be written to stops the update by its name, before anything is written', async (context) => {
  const { workshop, server } = await openWorld(context, ['1.0.0', '1.1.0'])
  const { tree, ask, state } = hostWithoutDisk(context)
  copyFileSync(join(workshop.keys, '1.root.json'), tree.paths.rootFile)
  writeFileSync(tree.paths.settings, `server: ${server.url.href}\n`)
  assert.equal((await ask({ kind: 'check' })).code, 'SLIPWAY_UPDATE_SLOT_TABLE_UNREADABLE')
  assert.deepEqual((await state()).phase, { kind: 'idle' })
})

test('the first look of a host is drawn once, within minutes', async (context) => {
  const { tree, host, state } = hostWithoutDisk(context)
  writeFileSync(tree.paths.settings, 'server: http://127.0.0.1:9/\n')
  await takeTurn(host)
  const { firstCheckAtMs = 0 } = await readTurnMemory(tree.paths.run)
  const waitMs = firstCheckAtMs - Date.now()
  assert.ok(waitMs > 0 && waitMs <= 600_000, String(waitMs))
  await takeTurn({ ...host, random: () => 0.9 })
  assert.equal((await readTurnMemory(tree.paths.run)).firstCheckAtMs, firstCheckAtMs)
  await takeTurn({ ...host, now: () => new Date(firstCheckAtMs + 1) })
  assert.equal((await state()).lastCheck?.code, 'SLIPWAY_UPDATE_NO_TRUST')
})

test('a time of the next look that a wrong clock made is not waited for', async (context) => {
  const { tree, host, state } = hostWithoutDisk(context)
  writeFileSync(tree.paths.settings, 'server: http://127.0.0.1:9/\n')
  const nextCheckAt = '2093-01-01T00:00:00Z'
  await saveUpdateState({ ...initialState, nextCheckAt }, tree.paths.state)
  await takeTurn(host)
  assert.notEqual((await state()).lastCheck, undefined)
})

test('a release on trial is left to its checks', async (context) => {
  const { tree, host, state, events } = hostWithoutDisk(context)
  writeFileSync(tree.paths.settings, 'server: http://127.0.0.1:9/\n')
  tree.renameEntry('slipway_1.0.0.efi', 'slipway_1.0.0+2-1.efi')
  tree.boot('boot-2', '1.0.0', rootHash, 'slipway_1.0.0+2-1.efi')
  const { paths } = tree
  const at = '2026-01-01T00:00:00Z'
  await saveUpdateState({ ...initialState, nextCheckAt: at }, paths.state)
  await takeTurn(host)
  assert.equal((await state()).lastCheck, undefined)
  assert.ok(events().includes('wake in 60000 ms'), events().join('\n'))
})

test('an order that no turn takes is taken back', async (context) => {
  const { run } = new HostTree(context).paths
  const failing = () => Promise.reject(new Error('Unit slipway-update.service not found.'))
  await assert.rejects(askAgent({ kind: 'check' }, { run, takeTurn: failing }), /not found/)
  assert.deepEqual(await waitingOrders(run, assert.fail), [])
})

test('an order that came too late for a turn is taken by the next one', async (context) => {
  const { tree, host } = hostWithoutDisk(context)
  mkdirSync(tree.paths.run, { recursive: true })
  let turns = 0
  const takeTurns = async () => {
    turns += 1
    if (turns > 1) await takeTurn(host)
  }
  const answer = await askAgent({ kind: 'hold' }, { run: tree.paths.run, takeTurn: takeTurns })
  assert.equal(answer.ok, true)
  assert.equal(turns, 2)
})
