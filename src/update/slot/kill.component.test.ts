import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scratchFolder } from './testing/disk-image.ts'
import { makeReleases, TestHost } from './testing/test-host.ts'

test('after SIGKILL at any call that changes the disk, every boot entry boots, and a new run completes', async (context) => {
  const releases = makeReleases(scratchFolder(context))
  const calls = await new TestHost(context, releases).installUntilCall(
    releases.next,
    Number.POSITIVE_INFINITY,
  )
  assert.ok(calls !== undefined && calls > 40, `only ${calls} calls were seen`)
  const booting = new Set<string>()
  const pending = Array.from({ length: calls }, (_, index) => index + 1)
  const tryTheNext = async (): Promise<void> => {
    for (let call = pending.shift(); call !== undefined; call = pending.shift())
      await comesBackFromKillAt(call)
  }
  await Promise.all([tryTheNext(), tryTheNext()])
  assert.deepEqual([...booting].sort(), [
    'slipway_0.efi slipway_1.efi',
    'slipway_1.efi',
    'slipway_1.efi slipway_2+3.efi',
  ])

  async function comesBackFromKillAt(call: number): Promise<void> {
    const host = new TestHost(context, releases)
    try {
      assert.equal(await host.installUntilCall(releases.next, call), undefined)
      host.assertRunningUntouched()
      booting.add((await host.assertEveryEntryBoots()).join(' '))
      await host.install(releases.next)
      host.assertRunningUntouched()
      host.assertInstalled(releases.next)
    } catch (error) {
      throw new Error(`after a kill at call ${call}`, { cause: error })
    } finally {
      host.remove()
    }
  }
})

test('a run that is killed again and again still gets to its end', async (context) => {
  const releases = makeReleases(scratchFolder(context))
  const host = new TestHost(context, releases)
  let kills = 0
  // Each run gets a little further: far enough for a checkpoint from time to time.
  for (let call = 12; (await host.installUntilCall(releases.next, call)) === undefined; call += 4) {
    kills++
    host.assertRunningUntouched()
    await host.assertEveryEntryBoots()
  }
  assert.ok(kills >= 3, `only ${kills} kills`)
  host.assertInstalled(releases.next)
})
