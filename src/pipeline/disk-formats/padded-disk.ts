import { stat, truncate } from 'node:fs/promises'
import { run } from '../program.ts'

/**
 * Copies a raw disk, its holes kept, and lengthens the copy to a multiple of `unitBytes`. The second partition
 * table then is not at the end, as after every enlargement of a disk: hosts move it at their first boot.
 */
export async function copyPadded(
  raw: string,
  target: string,
  unitBytes: number,
  signal: AbortSignal,
): Promise<void> {
  await run('cp', ['--reflink=auto', '--sparse=always', raw, target], {
    doing: 'copying the disk',
    signal,
  })
  const { size } = await stat(target)
  await truncate(target, Math.ceil(size / unitBytes) * unitBytes)
}
