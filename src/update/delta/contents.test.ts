import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { createRelease } from '../../release/create.ts'
import { openWorld } from '../metadata/testing/host.ts'
import type { Content } from '../slot/content.ts'
import { type DeltaNotice, type DeltaOptions, withContents } from './contents.ts'
import { computeHashTree } from './hash-tree.ts'
import { Dice, edited, imageLike } from './testing/edits.ts'

test('a host with the release before takes the patches, and computes the hash tree', async (t) => {
  const host = await Host.make(t)
  await host.install()
  assert.deepEqual(host.ways(), ['usr patch', 'verity computed', 'uki patch'])
  assert.deepEqual(host.asked('usr.erofs', 'usr.verity', 'slipway.efi', 'chunks.pack'), [])
  assert.deepEqual(await readdir(host.options.directory), [], 'nothing stays behind')
})

test('a host with another release takes the chunks that it does not have', async (t) => {
  const host = await Host.make(t, { rootHash: 'f'.repeat(64) })
  await host.install()
  assert.deepEqual(host.ways(), ['usr chunks', 'verity computed', 'uki chunks'])
  assert.deepEqual(host.asked('usr.erofs', 'usr.erofs.zst'), [])
})

test('patches of which the server gives other bytes are given up for chunks', async (t) => {
  const host = await Host.make(t)
  host.damage('.patch')
  await host.install()
  assert.deepEqual(host.ways().slice(3), ['usr chunks', 'uki chunks'])
  assert.deepEqual(host.failures(), [
    'usr patch SLIPWAY_UPDATE_TARGET_DAMAGED',
    'uki patch SLIPWAY_UPDATE_TARGET_DAMAGED',
  ])
})

test('patches over a seed that is another one are given up', async (t) => {
  const host = await Host.make(t)
  await writeFile(host.options.running.usr.path, new Dice(99).bytes(host.seedBytes))
  await host.install()
  assert.deepEqual(host.failures(), ['usr patch SLIPWAY_UPDATE_SLOT_DIGEST'])
})

test('damaged patches, chunks and compressed files end in the full files', async (t) => {
  const host = await Host.make(t)
  host.damage('.patch', 'chunks.index', '.zst')
  await host.install()
  assert.deepEqual(host.ways().slice(-2), ['uki compressed', 'uki full'])
  assert.ok(host.failures().includes('usr chunks SLIPWAY_UPDATE_TARGET_DAMAGED'))
  assert.ok(host.failures().includes('usr compressed SLIPWAY_UPDATE_TARGET_DAMAGED'))
})

test('a damaged chunk is refused before its bytes are written', async (t) => {
  const host = await Host.make(t, { rootHash: 'f'.repeat(64) })
  host.damage('chunks.pack')
  await host.install()
  assert.deepEqual(host.failures(), [
    'usr chunks SLIPWAY_UPDATE_DELTA_DAMAGED',
    'uki chunks SLIPWAY_UPDATE_DELTA_DAMAGED',
  ])
})

test('a server without ranges is not asked for chunks again and again', async (t) => {
  const host = await Host.make(t, { rootHash: 'f'.repeat(64) })
  host.server.intercept = (request, response) => {
    if (!request.url?.endsWith('chunks.pack')) return false
    response.writeHead(200).end('all of it')
    return true
  }
  await host.install()
  assert.deepEqual(host.failures(), [
    'usr chunks SLIPWAY_UPDATE_RANGES_REFUSED',
    'uki chunks SLIPWAY_UPDATE_RANGES_REFUSED',
  ])
})

test('a host whose running UKI is not to be found takes it by another way', async (t) => {
  const host = await Host.make(t, { uki: undefined })
  await host.install()
  assert.deepEqual(host.failures(), ['uki patch SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE'])
})

test('what is no fault of a way is thrown on', async (t) => {
  const host = await Host.make(t)
  const error = new Error('the disk is gone')
  await assert.rejects(
    withContents(host.options, async ({ slot }) => {
      for await (const _ of slot.usr.read(0)) throw error
    }),
    error,
  )
})

/** A repository with 1.0.0 and 1.1.0 that was made of it, and a host that runs 1.0.0. */
class Host {
  readonly options: DeltaOptions
  readonly server: Awaited<ReturnType<typeof openWorld>>['server']
  readonly seedBytes: number
  readonly #expected: Record<'usr' | 'verity' | 'uki', Buffer>
  readonly #notices: DeltaNotice[] = []

  private constructor(
    options: DeltaOptions,
    server: Host['server'],
    seedBytes: number,
    expected: Record<'usr' | 'verity' | 'uki', Buffer>,
  ) {
    this.options = { ...options, report: (notice) => this.#notices.push(notice) }
    this.server = server
    this.seedBytes = seedBytes
    this.#expected = expected
  }

  static async make(t: TestContext, running: Partial<DeltaOptions['running']> = {}): Promise<Host> {
    const { workshop, server, client } = await openWorld(t, [])
    const dice = new Dice(77)
    const wholeBlocks = (bytes: Buffer) =>
      Buffer.concat([bytes, Buffer.alloc((4096 - (bytes.length % 4096)) % 4096)])
    const file = async (name: string, bytes: Buffer) => {
      const path = join(workshop.directory, name)
      await writeFile(path, bytes)
      return { path, offsetBytes: 0, sizeBytes: bytes.length }
    }
    const [usrA, ukiA] = [wholeBlocks(imageLike(dice, 900_000)), imageLike(dice, 400_000)]
    const [usr, uki] = [wholeBlocks(edited(dice, usrA)), edited(dice, ukiA)]
    const parameters = { uuid: '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0', salt: '00ff17' }
    const verity = await computeHashTree(await file('usr-b', usr), parameters)
    const a = { 'usr.erofs': usrA, 'slipway.efi': ukiA }
    const b = { 'usr.erofs': usr, 'slipway.efi': uki, 'usr.verity': verity }
    await createRelease(workshop.request(await workshop.build('1.0.0', 0, a)))
    const request = workshop.request(await workshop.build('1.1.0', 0, b), { deltaFrom: undefined })
    assert.deepEqual((await createRelease(request)).patches, ['1.0.0'])
    await workshop.publish()
    const source = client()
    await source.refresh()
    const [old, release] = [
      await source.release('releases/qemu/1.0.0/release.json'),
      await source.release('releases/qemu/1.1.0/release.json'),
    ]
    server.requests.length = 0
    return new Host(
      {
        release,
        source,
        running: {
          rootHash: old.rootHash,
          usr: await file('running-usr', usrA),
          uki: await file('running-uki', ukiA),
          ...running,
        },
        free: await file('free-usr', Buffer.alloc(2_000_000)),
        directory: join(workshop.directory, 'downloads'),
      },
      server,
      usrA.length,
      { usr, verity, uki },
    )
  }

  /** Installs as the slot writer does, and insists on the release's bytes. */
  async install(): Promise<void> {
    await withContents(this.options, async ({ slot, uki }) => {
      await writeFile(this.options.free.path, await checked(slot.usr, this.#expected.usr))
      await checked(slot.verity, this.#expected.verity)
      await checked(uki, this.#expected.uki)
    })
  }

  /** The server gives these files with one bit changed. */
  damage(...endings: string[]): void {
    this.server.intercept = (request, response) => {
      if (!endings.some((ending) => request.url?.endsWith(ending))) return false
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
      const { deltas = {} } = this.options.release
      const { chunks, compressed, patches = [] } = deltas
      const artifacts = [compressed, ...patches].flatMap((each) =>
        each ? [each.usr, each.uki] : [],
      )
      const size = [...artifacts, chunks?.index, chunks?.pack].find(
        (each) => each && request.url?.includes(each.sha256),
      )?.sizeBytes
      const end = to ? Number(to) : (size ?? 1) - 1
      const body = Buffer.alloc(end + 1 - Number(from ?? 0), 'x')
      const range = { 'content-range': `bytes ${from}-${end}/${size}` }
      response.writeHead(from === undefined ? 200 : 206, from === undefined ? {} : range).end(body)
      return true
    }
  }

  ways(): string[] {
    return this.#notices.flatMap((each) =>
      each.kind === 'chosen' ? [`${each.part} ${each.way}`] : [],
    )
  }

  failures(): string[] {
    return this.#notices.flatMap((each) =>
      each.kind === 'failed' ? [`${each.part} ${each.way} ${each.error.code}`] : [],
    )
  }

  /** Which of these files the server was asked for. */
  asked(...names: string[]): string[] {
    const { requests } = this.server
    return names.filter((name) => requests.some((path) => path.split('@')[0]?.endsWith(`.${name}`)))
  }
}

async function checked(content: Content, expected: Buffer): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const piece of content.read(0)) parts.push(Buffer.from(piece))
  const bytes = Buffer.concat(parts)
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== content.sha256) {
    const details = { content: 'It', expected: content.sha256, actual }
    throw updateSlotErrors.error('SLIPWAY_UPDATE_SLOT_DIGEST', details)
  }
  assert.ok(bytes.equals(expected))
  return bytes
}
