import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { blankHeader, type TarHeader } from '../images/tar-header.ts'
import { TarReader } from '../images/tar-reader.ts'
import { layerTar } from '../images/testing/layer-tar.ts'
import { archiveForNamespace, entryForHost, entryForNamespace } from './archives.ts'

const mapping = { firstId: 100000, count: 65536 }
/** As setcap(8) of the host writes cap_net_raw+ep: revision 2, and without whose root. */
const plain = Buffer.from('0100000200200000000000000000000000000000', 'hex')
/** Revision 3, for the root that is 100000 on the host. */
const owned = Buffer.from('0100000300200000000000000000000000000000a0860100', 'hex')

const entry = (more: Partial<TarHeader>): TarHeader => ({ ...blankHeader, name: 'file', ...more })
const withCapability = (value: Buffer) =>
  entry({ uid: 5, gid: 6, xattrs: new Map([['security.capability', value]]) })

describe('an archive for a container with ids of its own', () => {
  it('is written with those that they are on the host', () => {
    const { uid, gid, xattrs } = entryForHost(withCapability(plain), mapping)
    assert.deepEqual([uid, gid], [100005, 100006])
    assert.deepEqual(xattrs.get('security.capability'), owned)
  })

  it('cannot have ids that the container has not', () => {
    assert.throws(() => entryForHost(entry({ uid: 70000 }), mapping), {
      message: /^Container ID 70000 cannot be mapped to a host ID/,
    })
  })

  it('is read with its own ids, and those that it has not as nobody’s', () => {
    const read = entryForNamespace({ ...withCapability(owned), uid: 100005, gid: 0 }, mapping)
    assert.deepEqual([read.uid, read.gid], [5, 65534])
    assert.deepEqual(read.xattrs.get('security.capability'), plain)
  })

  it('keeps its content, in whatever pieces it comes', async () => {
    const tar = layerTar([
      { name: 'd/', type: 'directory', uid: 100000, gid: 100000 },
      { name: `d/${'long'.repeat(60)}`, content: 'x'.repeat(1300), uid: 101000, gid: 165535 },
    ])
    const pieces = Array.from({ length: Math.ceil(tar.length / 333) }, (_, at) =>
      tar.subarray(at * 333, (at + 1) * 333),
    )
    const seen: { name: string; uid: number; gid: number; content: string }[] = []
    const reader = new TarReader({
      entry: ({ name, uid, gid }) => void seen.push({ name, uid, gid, content: '' }),
      content: (piece) => {
        const last = seen.at(-1)
        if (last !== undefined) last.content += piece.toString()
      },
      entryEnd: () => {},
    })
    for await (const piece of Readable.from(pieces).pipe(archiveForNamespace(mapping)))
      reader.write(Buffer.from(piece))
    reader.finish()
    assert.deepEqual(seen, [
      { name: 'd/', uid: 0, gid: 0, content: '' },
      { name: `d/${'long'.repeat(60)}`, uid: 1000, gid: 65535, content: 'x'.repeat(1300) },
    ])
  })
})
