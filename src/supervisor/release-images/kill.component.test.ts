import assert from 'node:assert/strict'
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { atEveryCall, runUntilCall } from '../../release/testing/killed-program.ts'
import { ImageStore } from '../images/store.ts'
import { Cleanup } from '../images/testing/cleanup.ts'
import { layerTar } from '../images/testing/layer-tar.ts'
import { requiredProgram } from '../images/testing/programs.ts'
import { startRegistry } from '../images/testing/real-registry.ts'
import { push, testImage } from '../images/testing/test-image.ts'
import { imageSetText } from './image-set.ts'
import { readSets } from './sets-file.ts'

const tar = requiredProgram('tar', 'tar')
const program = join(import.meta.dirname, 'testing/take-release.ts')
const silent = { info: () => {}, warning: assert.fail, error: assert.fail }

test('after SIGKILL at any call of taking images, those of what can be booted are whole, and the next call completes', async (t) => {
  const cleanup = new Cleanup(t)
  const directory = await cleanup.directory()
  const host = await startRegistry(cleanup, { directory })
  const base = layerTar([{ name: 'base', content: 'of all' }])
  const set = async (version: string) => {
    const image = testImage([base, layerTar([{ name: 'own', content: version }])])
    await push(host, 'app', version, image)
    return { version, images: { app: `${host}/app@${image.manifest.digest}` } }
  }
  const [gone, before, running, taken] = [
    await set('1'),
    await set('2'),
    await set('3'),
    await set('4'),
  ]
  const words = (at: string, from: typeof gone, to: typeof gone, ...bootable: string[]) => [
    ...[at, host, tar, imageSetText(from), imageSetText(to)],
    ...bootable,
  ]
  const whole = Number.POSITIVE_INFINITY
  // The past of a host that ran 1, took 2, ran it and took 3, which runs now beside 2.
  const past = join(directory, 'past')
  await runUntilCall(program, words(past, gone, gone), whole)
  await runUntilCall(program, words(past, gone, before), whole)
  await runUntilCall(program, words(past, before, running, '1'), whole)

  const found = async (at: string) => {
    const registries = { [host]: { insecure: true } }
    const store = await ImageStore.open({ directory: join(at, 'images'), registries, tar })
    const images = await store.list()
    store.close()
    return images.map(({ reference }) => reference)
  }
  const references = (...sets: (typeof gone)[]) => sets.map(({ images }) => images.app).sort()
  assert.deepEqual((await found(past)).sort(), references(gone, before, running))
  const copyOfPast = async (name: string) => {
    const copy = join(directory, name)
    await cp(past, copy, { recursive: true })
    return copy
  }
  const undisturbed = await copyOfPast('undisturbed')
  const step = (at: string) => words(at, running, taken, '2')
  const calls = (await runUntilCall(program, step(undisturbed), whole)) ?? 0
  assert.ok(calls > 15, `only ${calls} calls were seen`)
  await atEveryCall(calls, async (call) => {
    const at = await copyOfPast(`killed-${call}`)
    assert.equal(await runUntilCall(program, step(at), call), undefined)
    const kept = await found(at)
    for (const reference of references(before, running))
      assert.ok(kept.includes(reference), `${reference} went by a kill at call ${call}`)
    const known = await readSets(join(at, 'release-images.json'), silent)
    const remembered = known.flatMap(({ images }) => Object.values(images))
    for (const reference of kept)
      assert.ok(remembered.includes(reference), `nobody knows ${reference} at call ${call}`)
    await runUntilCall(program, step(at), whole)
    assert.deepEqual((await found(at)).sort(), references(before, running, taken))
    assert.deepEqual(
      (await readSets(join(at, 'release-images.json'), silent)).map(({ version }) => version),
      ['3', '4', '2'],
    )
    // The base and each of the three images' own layers.
    assert.equal((await readdir(join(at, 'images/layers'))).length, 4, `after call ${call}`)
    await rm(at, { recursive: true })
  })
})
