import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { withSection } from './add-section.ts'
import { readAddOn, removeAddOn, writeAddOn } from './kernel-arguments-add-on.ts'
import { NotPe, peSection } from './pe.ts'
import { addOnStubLike } from './testing/add-on-stub.ts'

function section(image: Buffer, name: string) {
  return peSection(async (position, length) => image.subarray(position, position + length), name)
}

test('a section is added behind those that are there, in the file and in memory', async () => {
  const image = withSection(addOnStubLike(), '.cmdline', Buffer.from('quiet\0'))
  assert.equal((await section(image, '.cmdline'))?.toString(), 'quiet\0')
  assert.equal((await section(image, '.text'))?.length, 11)
  const header = image.subarray(328 + 40, 328 + 80)
  assert.deepEqual(
    {
      name: header.toString('latin1', 0, 8),
      size: header.readUInt32LE(8),
      address: header.readUInt32LE(12),
      rawSize: header.readUInt32LE(16),
      offset: header.readUInt32LE(20),
      flags: header.readUInt32LE(36),
    },
    {
      name: '.cmdline',
      size: 6,
      address: 8192,
      rawSize: 512,
      offset: 1536,
      flags: 0x40000040,
    },
  )
  assert.equal(image.length, 2048)
  assert.equal(image.readUInt16LE(64 + 6), 2, 'sections')
  assert.equal(image.readUInt32LE(88 + 56), 12288, 'size in memory')
  assert.equal(image.readUInt32LE(88 + 64), 0, 'checksum')
})

test('a section may be added to one that has it already made longer', async () => {
  const once = withSection(addOnStubLike(), '.cmdline', Buffer.alloc(5000, 'a'))
  const twice = withSection(once, '.more', Buffer.from('b'))
  assert.equal((await section(twice, '.cmdline'))?.length, 5000)
  assert.equal((await section(twice, '.more'))?.toString(), 'b')
  assert.equal(twice.readUInt32LE(328 + 80 + 12), 8192 + 8192)
})

const broken: [string, Buffer][] = [
  ['an empty file', Buffer.alloc(0)],
  ['text', Buffer.alloc(2000, 'x')],
  ['a file cut within its headers', addOnStubLike().subarray(0, 100)],
  ['headers without room', addOnStubLike({ headerBytes: 380 })],
]
for (const [name, image] of broken)
  test(`no section is added to ${name}`, () => {
    assert.throws(() => withSection(image, '.cmdline', Buffer.from('a')), NotPe)
  })

test('an add-on is written, read, replaced and removed, and nothing else stays', async (context) => {
  const esp = { directory: scratchEsp(context) }
  assert.equal(await readAddOn(esp), '')
  await writeAddOn(esp, addOnStubLike(), 'quiet')
  assert.equal(await readAddOn(esp), 'quiet')
  await writeAddOn(esp, addOnStubLike(), 'debug a="b c"')
  assert.equal(await readAddOn(esp), 'debug a="b c"')
  const folder = join(esp.directory, 'loader/addons')
  assert.deepEqual(readdirSync(folder), ['slipway-kargs.addon.efi'])
  await removeAddOn(esp)
  assert.deepEqual(readdirSync(folder), [])
  await removeAddOn(esp)
})

test('what a cut run left is no obstacle', async (context) => {
  const esp = { directory: scratchEsp(context) }
  const folder = join(esp.directory, 'loader/addons')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'SLIPWAY.NEW'), 'half an add-on')
  writeFileSync(join(folder, 'slipway-kargs.addon.efi'), 'MZ, and then nothing')
  assert.equal(await readAddOn(esp), '')
  await writeAddOn(esp, addOnStubLike(), 'quiet')
  assert.equal(await readAddOn(esp), 'quiet')
  assert.ok(!existsSync(join(folder, 'SLIPWAY.NEW')))
})

function scratchEsp(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-esp-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
