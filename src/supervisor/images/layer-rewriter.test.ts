import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LayerRewriter } from './layer-rewriter.ts'
import type { TarHeader } from './tar-header.ts'
import { TarReader } from './tar-reader.ts'
import { layerTar, type TestEntry } from './testing/layer-tar.ts'

type Entry = TarHeader & { content: string }

/** What GNU tar would get for a layer that arrives in pieces of this size. */
function rewritten(entries: readonly TestEntry[], pieceBytes = 1000): Entry[] {
  const rewriter = new LayerRewriter()
  const layer = layerTar(entries)
  const output: Buffer[] = []
  for (let at = 0; at < layer.length; at += pieceBytes) {
    output.push(...rewriter.write(layer.subarray(at, at + pieceBytes)))
  }
  return read(Buffer.concat([...output, ...rewriter.finish()]))
}

function read(tar: Buffer): Entry[] {
  const entries: Entry[] = []
  const reader = new TarReader({
    entry: (header) => entries.push({ ...header, content: '' }),
    content: (piece) => {
      const last = entries.at(-1)
      if (last !== undefined) last.content += piece.toString('latin1')
    },
    entryEnd: () => {},
  })
  reader.write(tar)
  reader.finish()
  return entries
}

const summary = (entries: readonly Entry[]) => entries.map(({ type, name }) => `${type} ${name}`)

for (const pieceBytes of [1, 511, 512, 513, 100_000]) {
  test(`gives the same entries when the layer comes in pieces of ${pieceBytes} bytes`, () => {
    const name = `${'d'.repeat(90)}/${'f'.repeat(90)}`
    const capability = Buffer.from([1, 0, 0, 2, 0x80, 0x3d, 0x0a, 0])
    const entries = rewritten(
      [
        { name, content: 'x'.repeat(700), mtime: '1.5', uid: 3_000_000 },
        { name: 'cap', content: 'y', xattrs: new Map([['security.capability', capability]]) },
      ],
      pieceBytes,
    )
    assert.deepEqual(summary(entries), [`directory ${'d'.repeat(90)}/`, `file ${name}`, 'file cap'])
    assert.equal(entries[1]?.content, 'x'.repeat(700))
    assert.deepEqual([entries[1]?.mtime, entries[1]?.uid], ['1.5', 3_000_000])
    assert.deepEqual(entries[2]?.xattrs.get('security.capability'), capability)
  })
}

test('takes names from the top of the layer', () => {
  const names = ['/etc/a', './etc//b', 'etc/./c'].map((name) => ({ name }))
  assert.deepEqual(summary(rewritten(names)), [
    'directory etc/',
    'file etc/a',
    'file etc/b',
    'file etc/c',
  ])
})

test('lets a whiteout hide only what lies below, in whatever order', () => {
  const entries = rewritten([
    { name: 'a/.wh.gone' },
    { name: 'a/.wh.file' },
    { name: 'a/file', content: 'new' },
    { name: 'a/tree/', type: 'directory', mode: 0o700 },
    { name: 'a/.wh.tree' },
    { name: '.wh..wh.plnk' },
  ])
  assert.deepEqual(summary(entries), [
    'directory a/',
    'file a/file',
    'directory a/tree/',
    'character device a/gone',
    'directory a/tree/',
  ])
  assert.equal(entries.at(-1)?.xattrs.get('trusted.overlay.opaque')?.toString(), 'y')
  assert.equal(entries.at(-1)?.mode, 0o700)
})

test('keeps capabilities and user attributes, and drops those that overlayfs or the kernel trusts', () => {
  const names = [
    'user.note',
    'user.overlay.opaque',
    'trusted.overlay.redirect',
    'security.selinux',
    'security.capability',
  ]
  const xattrs = new Map(names.map((name) => [name, Buffer.from('1')]))
  const [entry] = rewritten([{ name: 'file', xattrs }])
  assert.deepEqual([...(entry?.xattrs.keys() ?? [])], ['user.note', 'security.capability'])
})

test('leaves out the devices that every container gets anyway', () => {
  const device = { type: 'character device', deviceMajor: 1, deviceMinor: 3 } as const
  assert.deepEqual(rewritten([{ name: 'dev/null', ...device }]), [])
  assert.throws(() => rewritten([{ name: 'dev/mem', ...device, deviceMinor: 1 }]), /device node/)
  assert.throws(() => rewritten([{ name: 'home/null', ...device }]), /device node/)
})

const link = { name: 'l', type: 'symbolic link', linkName: '/etc' } as const
const refused: { name: string; entries: TestEntry[]; reason: RegExp }[] = [
  { name: '.. in a name', entries: [{ name: 'a/..' }], reason: /leads out/ },
  { name: 'a path through a link', entries: [link, { name: 'l/x' }], reason: /symbolic link/ },
  {
    name: 'a whiteout through a link',
    entries: [link, { name: 'l/.wh.x' }],
    reason: /symbolic link/,
  },
  { name: 'a path through a file', entries: [{ name: 'f' }, { name: 'f/x' }], reason: /a file/ },
  {
    name: 'a hard link through a link',
    entries: [link, { name: 'h', type: 'hard link', linkName: 'l/passwd' }],
    reason: /does not have/,
  },
  {
    name: 'a hard link with ..',
    entries: [{ name: 'h', type: 'hard link', linkName: '../x' }],
    reason: /leads out/,
  },
  {
    name: 'a directory replaced by a link',
    entries: [
      { name: 'd/', type: 'directory' },
      { ...link, name: 'd' },
    ],
    reason: /replaces a directory/,
  },
  { name: 'a whiteout of ..', entries: [{ name: '.wh...' }], reason: /whiteout of nothing/ },
  { name: 'a name below a whiteout', entries: [{ name: '.wh.a/b' }], reason: /below a whiteout/ },
]
for (const { name, entries, reason } of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(() => rewritten(entries), reason)
  })
}

test('refuses an archive that ends inside an entry', () => {
  const rewriter = new LayerRewriter()
  rewriter.write(layerTar([{ name: 'file', content: 'x'.repeat(600) }]).subarray(0, 700))
  assert.throws(() => rewriter.finish(), /ends inside an entry/)
})

test('refuses a header with a wrong checksum', () => {
  const layer = layerTar([{ name: 'file' }])
  layer[0] = 0x41
  assert.throws(() => new LayerRewriter().write(layer), /wrong checksum/)
})

test('accepts an archive without padding and end marks after its last entry', () => {
  const rewriter = new LayerRewriter()
  const layer = layerTar([{ name: 'file', content: 'x'.repeat(600) }])
  const output = [...rewriter.write(layer.subarray(0, 512 + 600)), ...rewriter.finish()]
  assert.deepEqual(summary(read(Buffer.concat(output))), ['file file'])
})
