import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { EventLog } from '../events/event-log.ts'
import { ImageStore } from '../images/store.ts'
import { Cleanup } from '../images/testing/cleanup.ts'
import { layerTar } from '../images/testing/layer-tar.ts'
import { requiredProgram } from '../images/testing/programs.ts'
import { startRegistry } from '../images/testing/real-registry.ts'
import { push, type TestImage, testImage } from '../images/testing/test-image.ts'
import { LocalImages } from '../local-images.ts'
import { ImageCollector } from './collector.ts'
import type { CollectionSettings } from './settings.ts'

const run = promisify(execFile)
const base = layerTar([{ name: 'base', content: randomBytes(1_000_000) }])

/** So large that 45 MiB have room for the first four, with what they share. */
const images = new Map(
  Object.entries({ first: 10, second: 10, third: 10, fourth: 10, large: 15 }).map(([name, MB]) => [
    name,
    testImage([base, layerTar([{ name, content: randomBytes(MB * 1_000_000) }])]),
  ]),
)

const hour = 3_600_000

async function setUp(context: TestContext, settings: CollectionSettings) {
  const cleanup = new Cleanup(context)
  const directory = await cleanup.directory()
  const small = join(directory, 'small')
  await mkdir(small)
  const options = ['-t', 'tmpfs', '-o', 'size=45m', 'tmpfs', small]
  await run(requiredProgram('mount', 'mount'), options)
  cleanup.defer(() => run(requiredProgram('umount', 'mount'), [small]))
  const host = await startRegistry(cleanup, { directory })
  for (const [name, image] of images) await push(host, name, 'latest', image)
  const store = await ImageStore.open({
    directory: join(small, 'images'),
    registries: { [host]: { insecure: true } },
    tar: requiredProgram('tar', 'tar'),
    limits: { reserveBytes: 0 },
  })
  cleanup.defer(async () => store.close())
  const events = new EventLog()
  const local = new LocalImages({
    images: store,
    events,
    containers: () => [],
    held: () => new Map(),
  })
  const words: string[] = []
  const log = {
    info: (message: string) => words.push(message),
    warning: (message: string) => words.push(message),
    error: assert.fail,
  }
  const needed = { names: new Set<string>(), ids: new Set<string>() }
  const collector = new ImageCollector({
    ...{ images: local, directory: small, settings, log },
    needed: () => needed,
    now: () => Date.now() + hour,
  })
  store.makeRoomBy((freeBytes) => collector.makeRoom(freeBytes))
  const pull = async (...names: string[]) => {
    for (const name of names) await local.pull(`${host}/${name}:latest`, {})
  }
  const names = async () =>
    (await local.list()).flatMap(({ tags }) => tags.map((tag) => tag.replace(/^.*\/|:.*$/g, '')))
  return { collector, store, small, host, needed, words, events, pull, names }
}

function imageOf(name: string): TestImage {
  const image = images.get(name)
  if (image === undefined) throw new Error(`no image ${name}`)
  return image
}

describe('images that nobody needs', () => {
  it('go above the high mark, the least recently used first, until the low one is met', async (context) => {
    const settings = { abovePercent: 85, downToPercent: 60 }
    const { collector, store, small, host, words, events, pull, names } = await setUp(
      context,
      settings,
    )
    await pull('first', 'second', 'third')
    await collector.check()
    assert.deepEqual(words, [])
    await pull('fourth')
    await store.using(
      async () => await store.find(`${host}/first`),
      async (image) => await store.touch(image),
    )
    await collector.check()
    assert.deepEqual((await names()).sort(), ['first', 'fourth'])
    const said = (name: string) =>
      new RegExp(
        `^removed image ${host}/${name}:latest, last used 20\\S*Z, 10 MB: the file system is 8\\d% full, above 85%$`,
      )
    assert.equal(words.length, 2)
    assert.match(words[0] ?? '', said('second'))
    assert.match(words[1] ?? '', said('third'))
    const deleted = events.past.filter(({ action }) => action === 'delete')
    assert.equal(deleted.length, 2)
    // What they shared with those that stay is still there.
    assert.equal((await readdir(join(small, 'images/layers'))).length, 3)
  })

  it('are not those that are needed, however full it is, which is said once', async (context) => {
    const { collector, small, host, needed, words, pull, names } = await setUp(context, {
      abovePercent: 40,
      downToPercent: 20,
    })
    await pull('first', 'second', 'third')
    needed.names.add(`${host}/first:latest`)
    needed.ids.add(imageOf('second').blobs[0]?.digest ?? '')
    await collector.check()
    await collector.check()
    assert.deepEqual((await names()).sort(), ['first', 'second'])
    assert.match(words[0] ?? '', /^removed image .*third:latest/)
    assert.deepEqual(words.slice(1), [
      `${small} is on a file system that is 45% full, and no image is left that nobody needs`,
    ])
  })

  it('make room for a pull that would not fit, and no more than it takes', async (context) => {
    const { words, pull, names } = await setUp(context, { abovePercent: 99, downToPercent: 98 })
    await pull('first', 'second', 'third', 'fourth', 'large')
    assert.deepEqual((await names()).sort(), ['fourth', 'large', 'second', 'third'])
    assert.equal(words.length, 1)
    assert.match(words[0] ?? '', /removed image .*first:latest, .*, 10 MB: a pull needs room$/)
  })
})
