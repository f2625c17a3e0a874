import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { ifAbsent, readIfThere } from './absence.ts'

/**
 * The content of a file as soon as `accepts` takes it, by watching its directory; undefined when `over`
 * aborts before, or the directory is not there. What the file has at that time counts still.
 */
export async function awaitedFile(
  path: string,
  accepts: (content: string) => boolean,
  over: AbortSignal,
): Promise<string | undefined> {
  let changed = true
  let wake = () => {}
  const look = () => {
    changed = true
    wake()
  }
  // Before the first look, so that nothing is missed in between.
  const watcher = watchIfThere(dirname(path), look)
  if (watcher === undefined) return undefined
  // The directory has gone: the last look tells.
  watcher.on('error', look)
  over.addEventListener('abort', look, { once: true })
  try {
    for (;;) {
      const late = over.aborted
      changed = false
      const content = await readIfThere(path)
      if (content !== undefined && accepts(content)) return content
      if (late) return undefined
      if (changed) continue
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    over.removeEventListener('abort', look)
    watcher.close()
  }
}

function watchIfThere(directory: string, look: () => void): FSWatcher | undefined {
  try {
    return watch(directory, look)
  } catch (error) {
    return ifAbsent(error)
  }
}
