import { appendFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Stage } from '../stage.ts'
import { Store } from '../store.ts'

type Inputs = {
  /** Gets a line for each run. */
  readonly log: string
  /** The run goes on when this file is there. */
  readonly gate: string
}

/** Writes half of its output, waits at a gate, and writes the rest. */
export const slowStage: Stage<Inputs, 'text', { lines: number }> = {
  name: 'slow',
  title: 'Wait at a gate',
  source: import.meta.filename,
  files: { text: 'text' },
  run: async ({ log, gate }, work) => {
    await writeFile(join(work.directory, 'text'), 'half\n')
    await appendFile(log, `${process.pid}\n`)
    while (!(await isThere(gate))) await delay(20, undefined, { signal: work.signal })
    await appendFile(join(work.directory, 'text'), 'whole\n')
    return { lines: 2 }
  },
}

/** True when there is such a file. */
export async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

// Started as a process of its own: runs the stage in the store and prints the result.
if (import.meta.main) {
  const [directory = '', log = '', gate = ''] = process.argv.slice(2)
  const store = new Store(directory, { signal: new AbortController().signal, emit: () => {} })
  const result = await store.run(slowStage, { log, gate })
  await store.close()
  process.stdout.write(JSON.stringify(result))
}
