import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Service } from '../compose/service.ts'
import { type Container, type ContainerState, neverStarted } from '../containers/container.ts'
import { PreviousImages } from './previous-images.ts'

const silent = { info: () => {}, warning: assert.fail, error: assert.fail }

const ran: ContainerState = { ...neverStarted, startedAt: '2026-01-01T00:00:00Z' }

/** A container of the service `shop/web`. */
function container(
  image: string,
  { state = ran, successor }: { state?: ContainerState; successor?: 'on-trial' | 'proven' } = {},
): Container {
  const service = { project: 'shop', name: 'web' } as Service
  const origin = { kind: 'declared', file: 'shop.yaml', service, configHash: 'x' } as const
  return {
    origin: successor === undefined ? origin : { ...origin, successor },
    image: { configDigest: image },
    state,
  } as Container
}

async function setUp(context: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-previous-'))
  context.after(() => rm(directory, { recursive: true }))
  return join(directory, 'previous-images.json')
}

const web = new Set(['shop/web'])

describe('the previous image of a declared service', () => {
  it('is that of the container that had its place before, also after a restart', async (context) => {
    const file = await setUp(context)
    const previous = await PreviousImages.open(file, silent)
    previous.note(container('1'))
    previous.note(container('2', { successor: 'proven' }))
    assert.deepEqual(previous.ids(web, [container('3')]), ['2'])
    await previous.idle()
    const reopened = await PreviousImages.open(file, silent)
    assert.deepEqual(reopened.ids(web, [container('3')]), ['2'])
  })

  it('is not the present one, when a container was replaced by one of the same image', async (context) => {
    const previous = await PreviousImages.open(await setUp(context), silent)
    previous.note(container('1'))
    previous.note(container('2'))
    assert.deepEqual(previous.ids(web, [container('2')]), ['1'])
    previous.note(container('2'))
    assert.deepEqual(previous.ids(web, [container('2')]), ['1'])
    await previous.idle()
  })

  it('is none that failed in its place, or never ran', async (context) => {
    const previous = await PreviousImages.open(await setUp(context), silent)
    previous.note(container('1'))
    previous.note(container('bad', { successor: 'on-trial' }))
    previous.note(container('new', { state: neverStarted }))
    previous.note(container('broken', { state: { ...ran, error: 'no such command' } }))
    assert.deepEqual(previous.ids(web, [container('2')]), ['1'])
    await previous.idle()
  })

  it('is remembered while the service is declared, or nobody can tell', async (context) => {
    const previous = await PreviousImages.open(await setUp(context), silent)
    previous.note(container('1'))
    assert.deepEqual(previous.ids(undefined, []), ['1'])
    assert.deepEqual(previous.ids(new Set(['other/web']), []), [])
    previous.forgetOthers(new Set(['other/web']))
    assert.deepEqual(previous.ids(undefined, []), [])
    await previous.idle()
  })

  it('counts as unknown, and is said to be, when the file is damaged', async (context) => {
    const file = await setUp(context)
    await writeFile(file, '{"services": []}')
    const warnings: string[] = []
    const log = { ...silent, warning: (message: string) => warnings.push(message) }
    const previous = await PreviousImages.open(file, log)
    assert.deepEqual(previous.ids(undefined, []), [])
    assert.deepEqual(warnings, [`${file}: services is not an object`])
  })
})
