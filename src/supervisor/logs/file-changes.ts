import { type FSWatcher, watch } from 'node:fs'
import { ifAbsent } from '../../files/absence.ts'

/** A change that inotify did not tell of is found by looking. */
const pollIntervalMs = 500

/** Waits for changes of a file, until one of the signals aborts. */
export class FileChanges {
  readonly #watcher: FSWatcher | undefined
  readonly #signals: readonly AbortSignal[]
  #changed = false
  #wake: (() => void) | undefined

  constructor(path: string, signals: readonly AbortSignal[]) {
    this.#watcher = watched(path, () => this.#notice())
    this.#signals = signals
    for (const signal of signals) signal.addEventListener('abort', this.#notice)
  }

  readonly #notice = (): void => {
    this.#changed = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#changed) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, pollIntervalMs)
      })
      clearTimeout(timer)
      this.#wake = undefined
    }
    this.#changed = false
  }

  close(): void {
    this.#watcher?.close()
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#notice)
  }
}

/** Undefined for a file that is gone. */
function watched(path: string, notice: () => void): FSWatcher | undefined {
  try {
    return watch(path, notice).on('error', notice)
  } catch (error) {
    return ifAbsent(error)
  }
}
