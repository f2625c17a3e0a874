import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { run } from '../program.ts'
import { copyPadded } from './padded-disk.ts'
import { diskFormatStage } from './stage.ts'

const GIB = 2 ** 30

/** What Compute Engine imports: a gzipped tar of GNU's old format with `disk.raw`, of whole GiB. */
export const gcpArchiveStage = diskFormatStage({
  format: 'gcp',
  title: 'Pack for Google Cloud',
  source: import.meta.filename,
  convert: async ({ raw, target, work, epoch }) => {
    const tar = join(work.scratch, 'disk.tar')
    await copyPadded(raw, join(work.scratch, 'disk.raw'), GIB, work.signal)
    await run(
      'tar',
      [
        ...['--create', '--file', tar, '--directory', work.scratch],
        // Holes by content: what the file system knows of them differs.
        ...['--format=oldgnu', '--sparse', '--hole-detection=raw'],
        ...['--owner=0', '--group=0', '--numeric-owner', '--mode=0644', `--mtime=@${epoch}`],
        'disk.raw',
      ],
      { signal: work.signal, doing: 'packing the disk' },
    )
    await pipeline(createReadStream(tar), createGzip(), createWriteStream(target), {
      signal: work.signal,
    })
    await rm(tar)
  },
})
