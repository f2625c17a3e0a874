import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startLockServer } from '../../fleet/lock-server.ts'
import { fallbackVariable } from '../esp/fallback-variable.ts'
import { loadBaseline } from '../health/baseline.ts'
import { releaseLock, requestLock } from '../lock/fleet-lock.ts'
import { sfdiskTable } from '../slot/testing/disk-image.ts'
import { loaderOf } from '../slot/testing/uki.ts'
import { giveOrder } from './orders.ts'
import { type AgentTestHost, TestFleet } from './testing/test-fleet.ts'
import { readTurnMemory } from './turn-memory.ts'

const entriesOf = ({ tree }: AgentTestHost) =>
  readdirSync(join(tree.paths.boot, 'EFI/Linux')).sort()

test('a newer release is put into the free slot and the host reboots into it', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', undefined, '')
  await fleet.release('2')
  const answer = await host.order({ kind: 'check' })
  assert.equal(answer.message, '2 is taken: 2 is the newest of stable for this host')
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
  assert.equal(sfdiskTable(host.image.disk)[4]?.name, 'slipway_2')
  const state = await host.state()
  assert.equal(state.phase.kind, 'rebooting')
  assert.equal(state.lastCheck?.ok, true)
  assert.ok(host.events().includes('reboot'))
  assert.equal(readFileSync(join(host.tree.paths.efiVariables, fallbackVariable)).length, 5)
})

const web = (digit: string) => `registry.example/web@sha256:${digit.repeat(64)}`

test('the container images of a release are pulled before anything of it is written', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', '0')
  await fleet.release('2', { containerImages: { web: web('2') } })
  const tableBefore = sfdiskTable(host.image.disk)
  let seen: unknown
  await giveOrder({ kind: 'check' }, host.tree.paths.run)
  await host.turn({
    pullImages: async (release) => {
      const { phase } = await host.state()
      seen = { release, phase: phase.kind, entries: entriesOf(host) }
      assert.deepEqual(sfdiskTable(host.image.disk), tableBefore)
    },
  })
  assert.deepEqual(seen, {
    // What the free slot has can be booted until it is overwritten.
    release: { version: '2', images: { web: web('2') }, bootable: ['0'] },
    phase: 'idle',
    entries: ['slipway_0.efi', 'slipway_1.efi'],
  })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
})

test('a release whose container images cannot be pulled is not taken, and what waited goes on waiting', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2', { containerImages: { web: web('2') } })
  await host.order({ kind: 'check' })
  await fleet.release('3', { containerImages: { web: web('3') } })
  await giveOrder({ kind: 'check' }, host.tree.paths.run)
  await host.turn({
    pullImages: async () => {
      throw new Error('The registry registry.example cannot be reached: it is gone.')
    },
  })
  const { phase, lastCheck, checkFailures } = await host.state()
  assert.deepEqual([phase.kind, 'version' in phase && phase.version], ['staged', '2'])
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
  assert.equal(sfdiskTable(host.image.disk)[4]?.name, 'slipway_2')
  assert.equal(lastCheck?.code, 'SLIPWAY_UPDATE_IMAGES_NOT_PULLED')
  assert.match(lastCheck?.message ?? '', /images of 3 are not all here: .* cannot be reached/)
  assert.equal(checkFailures, 1)

  // When the registry is back, the release is taken.
  await host.order({ kind: 'check' })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_3+3.efi'])
})

test('a release without container images is taken when the supervisor does not answer', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2')
  await giveOrder({ kind: 'check' }, host.tree.paths.run)
  await host.turn({
    pullImages: async () => {
      throw new Error('The supervisor does not answer')
    },
  })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
  assert.ok(host.events().some((line) => /^warning: .* stay for now: The supervisor/.test(line)))
})

test('a release is given as many tries as the settings say', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', undefined, 'strategy: manual\ntries: 1\n')
  await fleet.release('2')
  await host.order({ kind: 'check' })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+1.efi'])
})

test('the update is remembered when the new release was found good', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', undefined, '')
  await fleet.release('2')
  await host.order({ kind: 'check' })
  host.tree.renameEntry('slipway_2+3.efi', 'slipway_2+2-1.efi')
  host.boot('2', 'slipway_2+2-1.efi')
  await host.turn()
  assert.equal((await host.state()).phase.kind, 'trying')
  host.tree.renameEntry('slipway_2+2-1.efi', 'slipway_2.efi')
  await host.turn()
  const { phase, history } = await host.state()
  assert.equal(phase.kind, 'idle')
  assert.deepEqual(
    history.map(({ from, version, result }) => [from, version, result]),
    [['1', '2', 'updated']],
  )
})

test('a release that did not come up is not taken again, and the journal tells why', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', undefined, '')
  await fleet.release('2')
  await host.order({ kind: 'check' })
  host.events()
  host.tree.renameEntry('slipway_2+3.efi', 'slipway_2+0-3.efi')
  host.boot('1')
  const answer = await host.order({ kind: 'check' })
  assert.equal(answer.ok, false)
  assert.match(answer.message, /2 is not taken again/)
  const events = host.events()
  assert.ok(events.some((line) => line.includes('[SLIPWAY_UPDATE_ROLLED_BACK]')))
  assert.ok(!events.includes('reboot'))
  const state = await host.state()
  assert.equal(state.lastCheck?.code, 'SLIPWAY_UPDATE_RELEASE_REFUSED')
})

test('somebody who names a bad release gets it', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2')
  await host.remember({ badReleases: [{ version: '2', at: '2026-01-01T00:00:00Z', reason: 'no' }] })
  const answer = await host.order({ kind: 'apply', version: '2', reboot: true })
  assert.equal(answer.ok, true, answer.message)
  assert.ok(host.events().includes('reboot'))
})

test('with the strategy manual a release waits; it is booted when somebody applies it, without the server too', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2')
  await host.order({ kind: 'check' })
  assert.equal((await host.state()).phase.kind, 'staged')
  assert.ok(!host.events().includes('reboot'))
  await fleet.server.stop()
  const answer = await host.order({ kind: 'apply', reboot: true })
  assert.equal(answer.ok, true)
  assert.match(answer.message, /The host reboots into 2 now/)
  assert.ok(host.events().includes('reboot'))
  assert.deepEqual(await loadBaseline(host.tree.paths.baseline), {
    containers: ['shop-web-1'],
    interfaces: ['enp1s0'],
  })
})

test('a hold that comes before the reboot keeps the host up', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', undefined, '')
  await fleet.release('2')
  await host.order({ kind: 'hold', reason: 'a fair' })
  await host.order({ kind: 'check' })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi'])
  assert.match(
    (await host.state()).lastCheck?.message ?? '',
    /held since .*: a fair; 2 is available/,
  )
  await host.order({ kind: 'hold-end' })
  assert.ok(host.events().includes('reboot'))
})

test('a release that waits is dropped when the host is pinned to another one', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2')
  await host.order({ kind: 'check' })
  await host.order({ kind: 'pin', version: '1' })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi'])
  const { phase, history, pin } = await host.state()
  assert.equal(phase.kind, 'idle')
  assert.equal(history.at(-1)?.result, 'dropped')
  assert.equal(pin?.version, '1')
})

test('a downgrade puts what runs last in the boot order; dropped, it is the first again', async (context) => {
  const fleet = await TestFleet.open(context)
  await fleet.release('1')
  await fleet.release('2')
  const host = fleet.host('2')
  await host.order({ kind: 'pin', version: '1' })
  assert.deepEqual(entriesOf(host), ['slipway_1+3.efi', 'slipway_2+0-1.efi'])
  await host.order({ kind: 'pin-end' })
  assert.deepEqual(entriesOf(host), ['slipway_2.efi'])
  assert.equal((await host.state()).phase.kind, 'idle')
})

test('floors are taken one after the other', async (context) => {
  const fleet = await TestFleet.open(context)
  await fleet.release('2', { floor: true })
  await fleet.release('3')
  const host = fleet.host('1')
  await host.order({ kind: 'check' })
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
  host.tree.renameEntry('slipway_2+3.efi', 'slipway_2.efi')
  host.boot('2')
  await host.order({ kind: 'check' })
  assert.deepEqual(entriesOf(host), ['slipway_2.efi', 'slipway_3+3.efi'])
})

test('damage on the way is refused by its name, and the next try begins anew', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2')
  const folder = join(fleet.workshop.served, 'targets/releases/qemu/2')
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.usr.erofs')) ?? '')
  const right = readFileSync(file)
  // The published file may be a link to the repository's.
  rmSync(file)
  writeFileSync(file, Buffer.from(right).fill(1, 100, 200))
  const answer = await host.order({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_TARGET_DAMAGED')
  assert.deepEqual(entriesOf(host), ['slipway_1.efi'])
  const { phase, history, checkFailures } = await host.state()
  assert.equal(phase.kind, 'idle')
  assert.equal(checkFailures, 1)
  assert.match(history.at(-1)?.reason ?? '', /SLIPWAY_UPDATE_TARGET_DAMAGED/)
  writeFileSync(file, right)
  assert.equal((await host.order({ kind: 'check' })).ok, true)
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
})

test('a download that was cut goes on where it was', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2', { usrMiB: 4 })
  let sent = 0
  fleet.server.intercept = (request, response) => {
    if (!request.url?.includes('usr.erofs')) return false
    // The first connection breaks behind the first checkpoint, all later ones at once.
    sent += 1
    if (sent > 1) {
      response.destroy()
      return true
    }
    const bytes = fleet.made('2').usr
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, 3 << 20), () => response.destroy())
    return true
  }
  const answer = await host.order({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_TRANSFER_BROKEN')
  fleet.server.intercept = undefined
  fleet.server.requests.length = 0
  assert.equal((await host.order({ kind: 'check' })).ok, true)
  const starts = fleet.server.requests.flatMap((line) => /usr\.erofs@(\d+)$/.exec(line)?.[1] ?? [])
  assert.deepEqual(starts, [String(2 << 20)])
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2+3.efi'])
})

test('a turn that is stopped leaves its place to the next one', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  await fleet.release('2', { usrMiB: 20 })
  await host.remember({ nextCheckAt: '2026-01-01T00:00:00Z' })
  const stopping = new AbortController()
  fleet.server.intercept = (request) => {
    if (request.url?.includes('usr.erofs')) setImmediate(() => stopping.abort())
    return false
  }
  await assert.rejects(host.turn({ signal: stopping.signal }), { name: 'AbortError' })
  const { phase, history, checkFailures } = await host.state()
  assert.equal(phase.kind, 'downloading')
  assert.deepEqual([history, checkFailures], [[], 0])
  assert.deepEqual(entriesOf(host), ['slipway_1.efi'])
  fleet.server.intercept = undefined
  await host.turn()
  assert.equal((await host.state()).phase.kind, 'staged')
})

test('a release that the disk has no room for is refused before anything is written', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1', '0')
  await fleet.release('2', { usrMiB: 25 })
  const answer = await host.order({ kind: 'check' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_SLOT_REFUSED')
  assert.match(answer.message, /SLIPWAY_UPDATE_SLOT_TOO_SMALL/)
  assert.deepEqual(entriesOf(host), ['slipway_0.efi', 'slipway_1.efi'])
})

test('the host goes back by hand, and what it left is bad', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('2', '1')
  const answer = await host.order({ kind: 'rollback', reason: 'it is slow' })
  assert.equal(answer.ok, true, answer.message)
  assert.deepEqual(entriesOf(host), ['slipway_1+3.efi', 'slipway_2+0-1.efi'])
  assert.ok(host.events().includes('reboot'))
  host.tree.renameEntry('slipway_1+3.efi', 'slipway_1+2-1.efi')
  host.boot('1', 'slipway_1+2-1.efi')
  await host.turn()
  const { phase, badReleases, history } = await host.state()
  assert.equal(phase.kind, 'idle')
  assert.deepEqual(
    badReleases.map(({ version, reason }) => [version, reason]),
    [['2', 'it is slow']],
  )
  assert.equal(history.at(-1)?.result, 'returned')
})

test('a reboot back that did not come leaves what runs first in the boot order', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('2', '1')
  await host.order({ kind: 'rollback' })
  await host.turn()
  assert.deepEqual(entriesOf(host), ['slipway_1+3.efi', 'slipway_2.efi'])
  assert.equal((await host.state()).history.at(-1)?.result, 'failed')
})

test('without another good release there is no way back', async (context) => {
  const fleet = await TestFleet.open(context)
  const alone = fleet.host('2')
  const answer = await alone.order({ kind: 'rollback' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_NO_WAY_BACK')
  const host = fleet.host('2', '1')
  host.tree.renameEntry('slipway_1.efi', 'slipway_1+0-3.efi')
  assert.match((await host.order({ kind: 'rollback' })).message, /did not come up/)
  assert.equal((await host.state()).phase.kind, 'idle')
  assert.ok(!host.events().includes('reboot'))
})

test('a slot that went bad is no way back', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('2', '1')
  const { start } = sfdiskTable(host.image.disk)[4] ?? { start: 0 }
  const disk = readFileSync(host.image.disk)
  disk.fill(7, start * 512 + 4096, start * 512 + 8192)
  writeFileSync(host.image.disk, disk)
  const answer = await host.order({ kind: 'rollback' })
  assert.equal(answer.code, 'SLIPWAY_UPDATE_NO_WAY_BACK')
  assert.deepEqual(entriesOf(host), ['slipway_1.efi', 'slipway_2.efi'])
})

test('the lock server is asked before the reboot, and told when the host is back', async (context) => {
  const fleet = await TestFleet.open(context)
  await fleet.release('2')
  const stateFile = join(fleet.workshop.directory, 'locks.json')
  const slots = new Map([['default', 1]])
  const options = { host: '127.0.0.1', port: 0, slots, stateFile, log: () => {} }
  const locks = await startLockServer(options)
  context.after(() => locks.close())
  const other = { url: `${locks.url}/`, group: 'default', id: '0123456789abcdef0123456789abcdef' }
  assert.equal((await requestLock(other)).kind, 'granted')
  const host = fleet.host('1', undefined, `strategy: lock\nlock: { url: "${locks.url}" }\n`)

  await host.order({ kind: 'check' })
  const events = host.events()
  assert.ok(!events.includes('reboot'))
  // Every one to two minutes; the test's random number is in the middle.
  assert.ok(
    events.some((line) => /^wake in (89|90)\d{3} ms$/.test(line)),
    events.join('\n'),
  )
  const waiting = await readTurnMemory(host.tree.paths.run)
  assert.match(waiting.reboot ?? '', /2 waits for the lock server/)

  await releaseLock(other)
  await host.turn({ now: () => new Date(Date.now() + 120_000) })
  assert.ok(host.events().includes('reboot'))
  assert.equal((await host.state()).lockMayBeHeld, true)
  assert.equal((await requestLock(other)).kind, 'refused')

  host.tree.renameEntry('slipway_2+3.efi', 'slipway_2.efi')
  host.boot('2')
  await host.turn()
  assert.equal((await host.state()).lockMayBeHeld, false)
  assert.equal((await requestLock(other)).kind, 'granted')
})

test('the boot loader is that of the running release once it was found good', async (context) => {
  const fleet = await TestFleet.open(context)
  const host = fleet.host('1')
  const newer = loaderOf('257.9')
  writeFileSync(host.tree.paths.bootLoader, newer)
  host.tree.renameEntry('slipway_1.efi', 'slipway_1+2-1.efi')
  host.boot('1', 'slipway_1+2-1.efi')
  const copy = () => readFileSync(join(host.tree.paths.boot, 'EFI/BOOT/BOOTX64.EFI'))
  await host.turn()
  assert.ok(!copy().equals(newer))
  host.tree.renameEntry('slipway_1+2-1.efi', 'slipway_1.efi')
  await host.turn()
  assert.ok(copy().equals(newer))
})
