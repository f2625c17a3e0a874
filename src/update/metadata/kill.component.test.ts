import assert from 'node:assert/strict'
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { atEveryCall, runUntilCall } from '../../release/testing/killed-program.ts'
import { contentOf } from '../../release/testing/workshop.ts'
import { openWorld } from './testing/host.ts'

const program = join(import.meta.dirname, 'testing/refresh.ts')

test('after SIGKILL at any call of a refresh each kept file is old or new, and the next refresh works', async (t) => {
  const world = await openWorld(t)
  const { workshop, server, rootFile, cacheDirectory } = world
  await world.client().refresh()
  const old = await contentOf(cacheDirectory)
  await workshop.rotate('snapshot')
  await workshop.rotate('timestamp')
  await workshop.release('1.1.0')
  const words = (cache: string) => [server.url.href, rootFile, cache]
  const cacheCopy = async (name: string) => {
    const copy = join(workshop.directory, `cache-${name}`)
    await cp(cacheDirectory, copy, { recursive: true })
    return copy
  }
  const whole = await cacheCopy('whole')
  const calls = (await runUntilCall(program, words(whole), Number.POSITIVE_INFINITY)) ?? 0
  assert.ok(calls > 20, `only ${calls} calls were seen`)
  const expected = await contentOf(whole)
  assert.ok(expected.has('3.root.json'))
  let mixtures = 0
  await atEveryCall(calls, async (call) => {
    const cache = await cacheCopy(String(call))
    assert.equal(await runUntilCall(program, words(cache), call), undefined)
    let changed = 0
    for (const [name, digest] of await contentOf(cache)) {
      if (name.startsWith('work/') || name.endsWith('.new')) continue
      assert.ok([old.get(name), expected.get(name)].includes(digest), `${name} at call ${call}`)
      if (digest !== old.get(name)) changed += 1
    }
    if (changed > 0 && changed < 5) mixtures += 1
    const client = world.client({ cacheDirectory: cache })
    assert.equal((await client.refresh()).rootVersion, 3)
    assert.equal((await client.channel('stable', 'qemu')).releases.length, 2)
    assert.deepEqual(await contentOf(cache), expected, `after a kill at call ${call}`)
    assert.deepEqual((await readdir(cache)).sort(), [...expected.keys()].sort())
    await rm(cache, { recursive: true })
  })
  assert.ok(mixtures > 0, 'no kill came between two files')
})
