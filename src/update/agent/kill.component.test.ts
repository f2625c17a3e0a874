import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { giveOrder } from './orders.ts'
import { TestFleet } from './testing/test-fleet.ts'

/** Every so many calls that change the disk a turn is killed; the last of a turn is among them. */
const stride = 11

test('after SIGKILL at any of many points of a turn, a new turn completes', async (context) => {
  const fleet = await TestFleet.open(context)
  await fleet.release('2', { usrMiB: 3 })
  const fresh = async () => {
    const host = fleet.host('1', '0', '')
    await giveOrder({ kind: 'check' }, host.tree.paths.run)
    return host
  }
  const whole = await fresh()
  const calls = await whole.turnUntilCall(Number.POSITIVE_INFINITY)
  assert.ok(calls !== undefined && calls > 80, `only ${calls} calls were seen`)
  const points = Array.from(
    { length: Math.floor(calls / stride) },
    (_, index) => (index + 1) * stride,
  )
  for (const call of [...points, calls - 1]) {
    const host = await killedAt(call, fresh)
    await host.turn()
    const entries = readdirSync(join(host.tree.paths.boot, 'EFI/Linux')).sort()
    assert.deepEqual(entries, ['slipway_1.efi', 'slipway_2+3.efi'], `after a kill at ${call}`)
    assert.equal((await host.state()).phase.kind, 'rebooting', `after a kill at ${call}`)
    assert.ok(host.events().includes('reboot'))
  }
})

/**
 * A host whose turn was killed at a call. Turns differ by a call or two, by how the server's bytes arrive;
 * one that ended before the call tells where its own last ones were, and another is killed there.
 */
async function killedAt<Host extends { turnUntilCall(call: number): Promise<number | undefined> }>(
  call: number,
  fresh: () => Promise<Host>,
): Promise<Host> {
  let at = call
  for (let attempt = 0; attempt < 20; attempt++) {
    const host = await fresh()
    const calls = await host.turnUntilCall(at)
    if (calls === undefined) return host
    assert.ok(calls >= call - 5, `of ${call} calls a turn made only ${calls}`)
    at = calls - 1
  }
  assert.fail(`nobody was killed at call ${call}`)
}
