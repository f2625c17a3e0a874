/**
 * Writes so many bytes to a file as to a partition and reads them back; prints how far the process's memory
 * grew. Arguments: the file, the number of bytes.
 */
import { createHash } from 'node:crypto'
import { DirectFile, readRange } from '../direct-file.ts'
import { writePartition } from '../write-partition.ts'

const [path = '', size = ''] = process.argv.slice(2)
const sizeBytes = Number(size)
const PIECE_BYTES = 64 << 10

async function* pieces(): AsyncGenerator<Uint8Array> {
  // A new piece each time, as a download gives them: the garbage must not pile up either.
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) yield Buffer.alloc(PIECE_BYTES, at % 251)
}

const hash = createHash('sha256')
for await (const piece of pieces()) hash.update(piece)
const sha256 = hash.digest('hex')
const before = process.memoryUsage.rss()
let highest = before
const extent = { path, offsetBytes: 1 << 20, sizeBytes: sizeBytes + (1 << 20) }
let writtenBytes = 0
await writePartition({
  partition: {
    ...extent,
    number: 5,
    typeUuid: '',
    uuid: '',
    label: '',
    startBytes: 0,
    node: path,
    extent,
  },
  content: { sizeBytes, sha256, read: pieces },
  name: '/usr',
  checkpoint: undefined,
  record: async (checkpoint) => {
    writtenBytes = checkpoint?.offsetBytes ?? 0
    highest = Math.max(highest, process.memoryUsage.rss())
  },
})
await using file = await DirectFile.open(path, 'read')
for await (const bytes of readRange(file, extent.offsetBytes, sizeBytes))
  if (bytes.length > 0) highest = Math.max(highest, process.memoryUsage.rss())
process.stdout.write(JSON.stringify({ grownBytes: highest - before, writtenBytes }))
