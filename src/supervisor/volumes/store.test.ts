import assert from 'node:assert/strict'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { atEveryCall, runUntilCall } from '../../release/testing/killed-program.ts'
import { EventLog } from '../events/event-log.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { VolumeStore } from './store.ts'
import { volumeMount } from './testing/mount.ts'
import { isAnonymous, nameProblem } from './volume.ts'
import { prepareVolumes } from './volumes.ts'

const program = join(import.meta.dirname, 'testing/use-volumes.ts')

async function setUp(context: TestContext): Promise<{ directory: string; rootfs: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-volumes-'))
  context.after(() => rm(directory, { recursive: true }))
  const rootfs = join(directory, 'rootfs')
  await mkdir(join(rootfs, 'www/deep'), { recursive: true })
  await chmod(join(rootfs, 'www'), 0o751)
  await writeFile(join(rootfs, 'www/index.html'), 'page')
  await writeFile(join(rootfs, 'www/deep/file'), 'inside')
  return { directory, rootfs }
}

async function open(
  state: string,
  usersOf: (name: string) => string[] = () => [],
  events = new EventLog(),
): Promise<VolumeStore> {
  return await VolumeStore.open({ directories: { state }, events, usersOf })
}

/** What is in a volume, by paths below it. */
async function content(volumes: VolumeStore, name: string): Promise<string[]> {
  return (await readdir(volumes.paths(name).data, { recursive: true })).sort()
}

const wholePage = ['deep', 'deep/file', 'index.html']

describe('volumes', () => {
  it('are there again when the supervisor is, with labels and the time of their creation', async (t) => {
    const { directory } = await setUp(t)
    const before = await open(directory)
    await before.create('data', { a: 'b' })
    await before.create('data', { other: 'label' })
    const after = await open(directory)
    assert.deepEqual(after.all, before.all)
    assert.deepEqual(after.get('data')?.labels, { a: 'b' })
  })

  it('are told of when they come and go', async (t) => {
    const { directory } = await setUp(t)
    const events = new EventLog()
    const volumes = await open(directory, undefined, events)
    await volumes.create('data')
    await volumes.remove('data')
    assert.deepEqual(
      events.past.map(({ type, action, id, attributes }) => ({ type, action, id, attributes })),
      ['create', 'destroy'].map((action) => ({
        type: 'volume',
        action,
        id: 'data',
        attributes: { driver: 'local' },
      })),
    )
    assert.deepEqual(await readdir(join(directory, 'volumes')), [])
  })

  it('stay while a container has them', async (t) => {
    const { directory } = await setUp(t)
    const volumes = await open(directory, () => ['abc', 'def'])
    await volumes.create('data')
    assert.equal(await volumes.removeUnused('data'), undefined)
    await assert.rejects(volumes.remove('data'), {
      message: 'remove data: volume is in use - [abc, def]',
    })
    await assert.rejects(volumes.remove('nosuch'), (error) =>
      isSlipwayError(error, 'SLIPWAY_ENGINE_NO_SUCH_VOLUME'),
    )
  })

  it('of an earlier release, which kept no records of them, are taken over with their content', async (t) => {
    const { directory } = await setUp(t)
    const anonymous = 'a1'.repeat(32)
    for (const name of ['data', anonymous]) {
      await mkdir(join(directory, 'volumes', name, '_data'), { recursive: true })
      await writeFile(join(directory, 'volumes', name, '_data/file'), 'kept')
    }
    await mkdir(join(directory, 'volumes/half/_data.new'), { recursive: true })
    const volumes = await open(directory)
    assert.deepEqual(volumes.all.map(({ name }) => name).sort(), [anonymous, 'data'].sort())
    assert.deepEqual(volumes.all.map((volume) => isAnonymous(volume)).sort(), [false, true])
    assert.deepEqual(await content(volumes, 'data'), ['file'])
  })

  it('that are empty begin with what the image has there, the first time a container has them', async (t) => {
    const { directory, rootfs } = await setUp(t)
    const volumes = await open(directory)
    await volumes.create('data')
    const mounts = [
      volumeMount('data', '/www'),
      { ...volumeMount('empty', '/www'), noCopy: true },
      volumeMount('elsewhere', '/no/such'),
    ]
    const paths = await prepareVolumes(testContainer({ mounts }), rootfs, volumes)
    assert.deepEqual([...paths.keys()], ['data', 'empty', 'elsewhere'])
    assert.deepEqual(await content(volumes, 'data'), wholePage)
    assert.deepEqual(await content(volumes, 'empty'), [])
    assert.deepEqual(await content(volumes, 'elsewhere'), [])
    const { data } = volumes.paths('data')
    assert.equal((await stat(data)).mode & 0o7777, 0o751)

    await rm(join(data, 'deep'), { recursive: true })
    await rm(join(data, 'index.html'))
    const again = testContainer({ mounts })
    const started = { ...again.state, startedAt: '2026-01-01T00:00:00.000Z' }
    await prepareVolumes({ ...again, state: started }, rootfs, volumes)
    assert.deepEqual(await content(volumes, 'data'), [])
  })

  it('are whole or as before after SIGKILL at any call, and the next call completes', async (t) => {
    const { directory, rootfs } = await setUp(t)
    const past = join(directory, 'past')
    const old = await open(past)
    await old.create('old')
    await writeFile(join(old.paths('old').data, 'file'), 'old')
    const copyOfPast = async (name: string) => {
      const copy = join(directory, name)
      await cp(past, copy, { recursive: true })
      return copy
    }
    const undisturbed = await copyOfPast('undisturbed')
    const calls = (await runUntilCall(program, [undisturbed, rootfs], Infinity)) ?? 0
    assert.ok(calls > 15, `only ${calls} calls were seen`)
    await atEveryCall(calls, async (call) => {
      const at = await copyOfPast(`killed-${call}`)
      assert.equal(await runUntilCall(program, [at, rootfs], call), undefined)
      const volumes = await open(at)
      const names = volumes.all.map(({ name }) => name).sort()
      assert.deepEqual((await readdir(join(at, 'volumes'))).sort(), names, `at call ${call}`)
      if (volumes.get('old') !== undefined)
        assert.deepEqual(await content(volumes, 'old'), ['file'])
      await runUntilCall(program, [at, rootfs], Infinity)
      const after = await open(at)
      assert.deepEqual(after.all.map(({ name }) => name).sort(), ['filled', 'named'])
      assert.deepEqual(await content(after, 'filled'), wholePage, `after call ${call}`)
      assert.equal(await readFile(join(after.paths('filled').data, 'deep/file'), 'utf8'), 'inside')
      assert.deepEqual((await readdir(after.paths('filled').directory)).sort(), [
        '_data',
        'volume.json',
      ])
      await rm(at, { recursive: true })
    })
  })
})

describe('the name of a volume', () => {
  for (const [name, problem] of [
    ['data', undefined],
    ['a.b_c-1', undefined],
    ['a', /too short/],
    ['', /too short/],
    ['../x', /invalid characters/],
    ['.hidden', /invalid characters/],
    ['a/b', /invalid characters/],
    ['x'.repeat(256), /longer than 255/],
  ] as const)
    it(`${JSON.stringify(name.slice(0, 20))} is ${problem === undefined ? 'taken' : 'refused'}`, () => {
      if (problem === undefined) assert.equal(nameProblem(name), undefined)
      else assert.match(nameProblem(name) ?? '', problem)
    })
})
