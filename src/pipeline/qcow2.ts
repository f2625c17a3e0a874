import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'

type Inputs = { tools: Result<'trees', null>; disk: Result<'raw'> }

/**
 * Converts the raw disk into a qcow2 image; what it holds is compressed already. One read at a time, in order:
 * the places of clusters in the image follow from the order of the writes.
 */
export const qcow2Stage: Stage<Inputs, 'qcow2', { sizeBytes: number }> = {
  name: 'qcow2',
  title: 'Convert to qcow2',
  source: import.meta.filename,
  files: { qcow2: 'disk.qcow2' },
  run: async ({ tools, disk }, work) => {
    const qcow2 = join(work.directory, 'disk.qcow2')
    await runInSandbox(
      tools.files.trees,
      {
        writable: [work.directory],
        readable: [disk.directory],
        signal: work.signal,
        doing: 'converting to qcow2',
      },
      'qemu-img',
      ['convert', '-f', 'raw', '-O', 'qcow2', '-m', '1', disk.files.raw, qcow2],
    )
    return { sizeBytes: (await stat(qcow2)).size }
  },
}
