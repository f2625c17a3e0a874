import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Stage } from './stage.ts'
import { type StageEvent, Store } from './store.ts'
import { slowStage } from './testing/slow-stage.ts'

const slowProgram = join(import.meta.dirname, 'testing/slow-stage.ts')

const copyStage: Stage<{ content: string }, 'copy', { length: number }> = {
  name: 'copy',
  title: 'Copy',
  source: import.meta.filename,
  files: { copy: 'copy' },
  run: async ({ content }, work) => {
    await writeFile(join(work.directory, 'copy'), content)
    return { length: content.length }
  },
}

test('two processes that want the same result run its stage once', async (t) => {
  const world = await scratch(t)
  const both = [world.start(), world.start()]
  await world.runs(1)
  await delay(300)
  await writeFile(world.gate, '')
  const [one, two] = await Promise.all(both.map(async (child) => JSON.parse(await output(child))))
  assert.deepEqual(one, two)
  assert.equal(await readFile(one.files.text, 'utf8'), 'half\nwhole\n')
  assert.equal((await world.runs(1)).length, 1)
})

test('a build killed in the middle of a stage leaves no result, and the next one makes it', async (t) => {
  const world = await scratch(t)
  const killed = world.start()
  await world.runs(1)
  killed.kill('SIGKILL')
  await output(killed)
  assert.deepEqual(await results(world.directory), [])
  assert.equal((await left(world.directory)).length, 1)
  await writeFile(world.gate, '')
  const { store } = world.open()
  // What the killed build had started may hold its lock a moment longer.
  for (let tries = 0; tries < 600 && (await left(world.directory)).length > 0; tries += 1) {
    await store.sweep()
    await delay(100)
  }
  assert.deepEqual(await left(world.directory), [])
  const result = await store.run(slowStage, world.inputs)
  assert.equal(await readFile(result.files.text, 'utf8'), 'half\nwhole\n')
  assert.deepEqual(await left(world.directory), [])
})

test('the next build does not wait for what a killed one left behind', async (t) => {
  const world = await scratch(t)
  const killed = world.start()
  await world.runs(1)
  killed.kill('SIGKILL')
  await output(killed)
  await writeFile(world.gate, '')
  const { store } = world.open()
  assert.deepEqual((await store.run(slowStage, world.inputs)).facts, { lines: 2 })
})

test('an interrupted stage ends with the reason, and leaves neither work nor result', async (t) => {
  const world = await scratch(t)
  const { store, interrupt, events } = world.open()
  const running = store.run(slowStage, world.inputs)
  await world.runs(1)
  const reason = new Error('Ctrl-C')
  interrupt(reason)
  await assert.rejects(running, (error) => error === reason || (error as Error).cause === reason)
  await store.close()
  assert.deepEqual(await left(world.directory), [])
  assert.deepEqual(await results(world.directory), [])
  assert.deepEqual(
    events.map(({ type }) => type),
    ['started', 'stopped'],
  )
})

test('a wait for another build can be interrupted', async (t) => {
  const world = await scratch(t)
  const other = world.start()
  await world.runs(1)
  const { store, interrupt, waiting } = world.open()
  const running = store.run(slowStage, world.inputs)
  await waiting
  const reason = new Error('Ctrl-C')
  interrupt(reason)
  await assert.rejects(running, reason)
  await writeFile(world.gate, '')
  assert.equal(JSON.parse(await output(other)).stage, 'slow')
})

test('when a stage fails, the others are stopped and have cleaned up when the store is closed', async (t) => {
  const world = await scratch(t)
  const { store, events } = world.open()
  const slow = store.run(slowStage, world.inputs)
  await world.runs(1)
  const failing = { ...copyStage, run: () => Promise.reject(new Error('no good')) }
  await assert.rejects(store.run(failing, { content: 'x' }), { message: 'no good' })
  await assert.rejects(slow)
  await store.close()
  assert.deepEqual(await left(world.directory), [])
  assert.deepEqual(
    events.filter(({ type }) => type !== 'started').map(({ stage, type }) => [stage, type]),
    [
      ['copy', 'failed'],
      ['slow', 'stopped'],
    ],
  )
})

test('a stage says why it ran: for the first time, for a change, or for a result that is gone', async (t) => {
  const { directory, open } = await scratch(t)
  const reason = async (content: string, stage = copyStage) => {
    const { store, events } = open()
    await store.run(stage, { content })
    await store.close()
    const last = events.at(-1)
    return last && 'reason' in last ? last.reason : undefined
  }
  assert.deepEqual(await reason('a'), { kind: 'first run' })
  assert.deepEqual(await reason('a'), { kind: 'cached' })
  assert.deepEqual(await reason('b'), { kind: 'changed', inputs: ['content'] })
  const source = join(import.meta.dirname, 'stage.ts')
  assert.deepEqual(await reason('b', { ...copyStage, source }), {
    kind: 'changed',
    inputs: ['code'],
  })
  await rm(join(directory, 'results'), { recursive: true })
  assert.deepEqual(await reason('b', { ...copyStage, source }), { kind: 'result gone' })
})

test('equal content made from other inputs has the same digest, unless the inputs stand for it', async (t) => {
  const { store } = (await scratch(t)).open()
  const constant = {
    ...copyStage,
    run: (_: object, work: Parameters<typeof copyStage.run>[1]) =>
      copyStage.run({ content: 'same' }, work),
  }
  const digest = async (stage: typeof copyStage, content: string) =>
    (await store.run(stage, { content })).digest
  assert.equal(await digest(constant, 'a'), await digest(constant, 'b'))
  const byInputs = { ...constant, name: 'by-inputs', digestOf: 'inputs' as const }
  assert.notEqual(await digest(byInputs, 'a'), await digest(byInputs, 'b'))
})

test('a sweep keeps the four results of a stage that were used last', async (t) => {
  const { directory, open } = await scratch(t)
  const first = open().store
  for (const [index, content] of [...'abcdef'].entries()) {
    const result = await first.run(copyStage, { content })
    await utimes(result.directory, 1000 + index, 1000 + index)
  }
  await first.run(copyStage, { content: 'a' })
  await first.close()
  await open().store.sweep()
  const kept = await Promise.all(
    (await results(directory)).map((path) => readFile(join(path, 'copy'), 'utf8')),
  )
  assert.deepEqual(kept.sort(), ['a', 'd', 'e', 'f'])
})

test('a sweep takes nothing while a build uses the store', async (t) => {
  const world = await scratch(t)
  const other = world.start()
  await world.runs(1)
  const { store } = world.open()
  for (const content of 'abcdef') await store.run(copyStage, { content })
  await store.close()
  await world.open().store.sweep()
  assert.equal((await left(world.directory)).length, 1)
  assert.equal((await results(world.directory)).length, 6)
  await writeFile(world.gate, '')
  await output(other)
  await world.open().store.sweep()
  assert.equal((await results(world.directory)).length, 5)
})

test('an open store does not keep a process from ending', async (t) => {
  const { directory } = await scratch(t)
  const code = `import { Store } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))}
    const stage = { name: 'a', title: 'A', source: ${JSON.stringify(slowProgram)}, files: {}, run: async () => null }
    const store = new Store(process.argv[1], { signal: new AbortController().signal, emit: () => {} })
    await store.run(stage, {})
    process.stdout.write('made')`
  const done = execFileSync(process.execPath, ['--input-type=module', '-e', code, directory], {
    timeout: 120_000,
  })
  assert.equal(done.toString(), 'made')
})

test('a full disk is told as such, and leaves neither work nor result', async (t) => {
  const { directory, open } = await scratch(t)
  await mkdir(directory, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory])
  try {
    const { store } = open()
    await assert.rejects(store.run(copyStage, { content: 'x'.repeat(2 << 20) }), {
      code: 'SLIPWAY_BUILD_DISK_FULL',
      message: new RegExp(directory),
    })
    await store.close()
    assert.deepEqual(await left(directory), [])
    assert.deepEqual(await results(directory), [])
  } finally {
    execFileSync('umount', ['--lazy', directory])
  }
})

async function scratch(t: TestContext) {
  const base = await mkdtemp(join(tmpdir(), 'slipway-store-'))
  const children: ChildProcess[] = []
  const stores: Store[] = []
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const store of stores) await store.close()
    await rm(base, { recursive: true, maxRetries: 5 })
  })
  const [directory, log, gate] = [join(base, 'store'), join(base, 'log'), join(base, 'gate')]
  return {
    directory,
    gate,
    inputs: { log, gate },
    start() {
      const child = spawn(process.execPath, [slowProgram, directory, log, gate], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      children.push(child)
      return child
    },
    open() {
      const controller = new AbortController()
      const events: StageEvent[] = []
      const waiting = Promise.withResolvers<void>()
      const emit = (event: StageEvent) => {
        if (event.type === 'progress') waiting.resolve()
        else events.push(event)
      }
      const store = new Store(directory, { signal: controller.signal, emit })
      stores.push(store)
      const interrupt = (reason: Error) => controller.abort(reason)
      return { store, events, interrupt, waiting: waiting.promise }
    },
    /** Waits until the slow stage has run so many times; gives the processes that ran it. */
    async runs(count: number): Promise<string[]> {
      for (;;) {
        const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean)
        if (lines.length >= count) return lines
        await delay(20, undefined, { signal: t.signal })
      }
    },
  }
}

async function output(child: ChildProcess): Promise<string> {
  return child.stdout ? await text(child.stdout) : ''
}

async function left(store: string): Promise<string[]> {
  return await readdir(join(store, 'work')).catch(() => [])
}

async function results(store: string): Promise<string[]> {
  const stages = await readdir(join(store, 'results')).catch(() => [])
  const all = await Promise.all(
    stages.map(async (stage) =>
      (await readdir(join(store, 'results', stage))).map((key) =>
        join(store, 'results', stage, key),
      ),
    ),
  )
  return all.flat()
}
