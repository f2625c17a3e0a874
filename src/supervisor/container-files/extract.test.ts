import assert from 'node:assert/strict'
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSlipwayError } from '../../errors/error.ts'
import { layerTar, type TestEntry } from '../images/testing/layer-tar.ts'
import { type ExtractOptions, extract } from './extract.ts'
import { HeldDirectory } from './held-directory.ts'

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

/** A root beside a directory that no archive may touch. */
async function setUp(context: TestContext): Promise<{ root: string; outside: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-extract-'))
  context.after(() => rm(directory, { recursive: true }))
  const [root, outside] = [join(directory, 'root'), join(directory, 'outside')]
  await mkdir(join(root, 'target'), { recursive: true })
  await mkdir(outside)
  await writeFile(join(outside, 'kept'), 'kept')
  return { root, outside }
}

async function* pieces(tar: Buffer, sizeBytes = 700): AsyncGenerator<Buffer> {
  for (let at = 0; at < tar.length; at += sizeBytes) yield tar.subarray(at, at + sizeBytes)
}

async function put(
  root: string,
  entries: readonly TestEntry[] | AsyncIterable<Buffer>,
  more: Partial<ExtractOptions> = {},
): Promise<void> {
  await using held = await HeldDirectory.open(root)
  const source = Symbol.asyncIterator in entries ? entries : pieces(layerTar(entries))
  await extract(source, { root: held, directory: '/target', keepKinds: false, owner: own, ...more })
}

describe('an archive that is written to a container', () => {
  it('gives files, directories, links, with modes and times', async (context) => {
    const { root } = await setUp(context)
    await put(root, [
      { name: 'd/', type: 'directory', mode: 0o700, mtime: '1600000000' },
      { name: 'd/file', content: 'x'.repeat(5000), mode: 0o4755 },
      { name: 'd/again', type: 'hard link', linkName: 'd/file' },
      { name: 'far/away/link', type: 'symbolic link', linkName: '../../d/file' },
    ])
    const target = join(root, 'target')
    assert.equal((await readFile(join(target, 'd/again'))).length, 5000)
    assert.equal((await lstat(join(target, 'd/file'))).mode & 0o7777, 0o4755)
    assert.equal((await lstat(join(target, 'd'))).mtimeMs, 1_600_000_000_000)
    assert.equal((await lstat(join(target, 'd'))).mode & 0o7777, 0o700)
    assert.equal(await readlink(join(target, 'far/away/link')), '../../d/file')
  })

  it('may be compressed, and may be empty', async (context) => {
    const { root } = await setUp(context)
    const tar = layerTar([{ name: 'file', content: 'text' }])
    await put(root, pieces(gzipSync(tar)))
    await put(root, pieces(Buffer.alloc(0)))
    assert.equal(await readFile(join(root, 'target/file'), 'utf8'), 'text')
  })

  it('merges directories and replaces everything else', async (context) => {
    const { root, outside } = await setUp(context)
    await mkdir(join(root, 'target/d/below'), { recursive: true })
    await symlink(outside, join(root, 'target/d/below/link'))
    await mkdir(join(root, 'target/was-directory/deep'), { recursive: true })
    await symlink(join(outside, 'kept'), join(root, 'target/was-link'))
    await put(root, [
      { name: 'd/', type: 'directory', mode: 0o755 },
      { name: 'd/new', content: 'new' },
      { name: 'was-directory', content: 'file' },
      { name: 'was-link', content: 'file' },
    ])
    assert.deepEqual((await readdir(join(root, 'target/d'))).sort(), ['below', 'new'])
    assert.equal(await readFile(join(root, 'target/was-directory'), 'utf8'), 'file')
    assert.equal(await readFile(join(root, 'target/was-link'), 'utf8'), 'file')
    assert.equal(await readFile(join(outside, 'kept'), 'utf8'), 'kept')
  })

  it('keeps directories from becoming files and the other way round, if told', async (context) => {
    const { root } = await setUp(context)
    await mkdir(join(root, 'target/d'))
    await writeFile(join(root, 'target/f'), '')
    const isKind = (error: unknown) => isSlipwayError(error, 'SLIPWAY_ENGINE_ARCHIVE_KIND')
    await assert.rejects(put(root, [{ name: 'd', content: '' }], { keepKinds: true }), isKind)
    await assert.rejects(
      put(root, [{ name: 'f/', type: 'directory' }], { keepKinds: true }),
      isKind,
    )
  })

  it('cannot leave its directory by its names', async (context) => {
    const { root, outside } = await setUp(context)
    const isUnsafe = (error: unknown) => isSlipwayError(error, 'SLIPWAY_ENGINE_ARCHIVE_UNSAFE')
    for (const entry of [
      { name: '../up', content: '' },
      { name: 'a/../../up', content: '' },
      { name: 'link', type: 'hard link' as const, linkName: '../../outside/kept' },
    ])
      await assert.rejects(put(root, [entry]), isUnsafe, entry.name)
    await put(root, [{ name: '/absolute', content: 'inside' }])
    assert.equal(await readFile(join(root, 'target/absolute'), 'utf8'), 'inside')
    assert.deepEqual(await readdir(outside), ['kept'])
  })

  it('cannot leave the root by links, its own or those that are there', async (context) => {
    const { root, outside } = await setUp(context)
    await symlink(outside, join(root, 'target/there'))
    await assert.rejects(
      put(root, [{ name: 'there/evil', content: '' }]).then(() => readFile(join(outside, 'evil'))),
    )
    await put(root, [
      { name: 'own', type: 'symbolic link', linkName: '../../../outside' },
      { name: 'own/evil', content: '' },
    ])
    assert.deepEqual(await readdir(outside), ['kept'])
  })

  it('stays in the root while somebody changes directories to links', async (context) => {
    const { root, outside } = await setUp(context)
    await mkdir(join(root, 'target/d'))
    await symlink(outside, join(root, 'evil'))
    let over = false
    const swapping = (async () => {
      for (let turn = 0; !over; turn += 1) {
        // What the extraction has put in its place meanwhile may be there.
        await rename(join(root, 'target/d'), join(root, `moved-${turn}`)).catch(() => {})
        await symlink(outside, join(root, 'target/d')).catch(() => {})
        await rm(join(root, 'target/d')).catch(() => {})
        await mkdir(join(root, 'target/d')).catch(() => {})
      }
    })()
    try {
      for (let round = 0; round < 40; round += 1)
        await put(
          root,
          Array.from({ length: 20 }, (_, index) => ({ name: `d/file-${index}`, content: 'x' })),
        ).catch((error: NodeJS.ErrnoException) => {
          // What is not there any more fails, as it should.
          if (!['ENOENT', 'ENOTDIR', 'ELOOP', 'EEXIST'].includes(error.code ?? '')) throw error
        })
    } finally {
      over = true
      await swapping
    }
    assert.deepEqual(await readdir(outside), ['kept'])
  })

  it('that ends inside an entry is refused', async (context) => {
    const { root } = await setUp(context)
    const tar = layerTar([{ name: 'file', content: 'x'.repeat(3000) }])
    await assert.rejects(put(root, pieces(tar.subarray(0, 1500))), /ends inside an entry/)
  })
})
