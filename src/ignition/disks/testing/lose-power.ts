import { readFileSync } from 'node:fs'
import { type LoopDisk, run } from './loop-disk.ts'

/** What a power loss leaves of the kernel's state: nothing. */
export function losePower(disk: LoopDisk, { root }: { readonly root: string }): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const path of mounts.filter((each) => each.startsWith(root)).reverse()) run('umount', [path])
  disk.restart()
}
