import { writeFileAtomically } from '../files/atomic.ts'
import { run } from './program.ts'

/** Writes a file atomically that other builds may be writing at the same time: the last one stays. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await writeFileAtomically(path, text, {
    mode: 0o644,
    temporary: `${path}.${crypto.randomUUID()}.tmp`,
  })
}

/** Data of everything below a directory reaches the disk: one call, however many files. */
export async function syncFileSystem(directory: string): Promise<void> {
  await run('sync', ['--file-system', directory])
}
