import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { ifAbsent } from '../../files/absence.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import type { EventLog } from '../events/event-log.ts'
import { reopenLog } from '../runtime/reopen-log.ts'
import { rotate } from './generations.ts'

export type RotationOptions = {
  readonly directories: Directories
  readonly events: EventLog
  readonly get: (id: string) => Container | undefined
  readonly running: readonly Container[]
  readonly log: Log
}

/** A log that is written to is looked at so often: it grows over its size by what is written meanwhile. */
const lookMs = 100

type Watched = { readonly watcher: FSWatcher; timer: NodeJS.Timeout | undefined }

/**
 * Keeps as many files of each log as its container was to have: names the one that has its size as the last, and has
 * conmon begin a new one. Nothing that is written meanwhile is lost, however late this comes.
 */
export class LogRotation {
  readonly #options: RotationOptions
  readonly #watched = new Map<string, Watched>()
  readonly #closing = new AbortController()

  constructor(options: RotationOptions) {
    this.#options = options
    for (const container of options.running) this.#begin(container)
    options.events.listen(({ type, action, id }) => {
      if (type !== 'container') return
      const container = options.get(id)
      if (action === 'start' && container !== undefined) this.#begin(container)
      if (action === 'die' || action === 'destroy') this.#end(id)
    }, this.#closing.signal)
  }

  close(): void {
    this.#closing.abort()
    for (const id of this.#watched.keys()) this.#end(id)
  }

  #begin({ id, name, spec }: Container): void {
    const { maximumFiles = 1, maximumBytes } = spec.log ?? {}
    if (maximumFiles < 2 || maximumBytes === undefined || this.#watched.has(id)) return
    const { directories, log } = this.#options
    const { logFile, bundle } = containerPaths(directories, id)
    const look = async () => {
      const size = (await stat(logFile).catch(ifAbsent))?.size
      if (size !== undefined && size < maximumBytes) return
      if (size !== undefined) await rotate(logFile, maximumFiles)
      await reopenLog(`${bundle}/ctl`)
    }
    const watched: Watched = {
      watcher: watch(dirname(logFile), (_event, file) => {
        if (file === basename(logFile)) lookSoon()
      }),
      timer: undefined,
    }
    const lookSoon = () => {
      watched.timer ??= setTimeout(() => {
        look()
          .catch((error: unknown) => log.error(`${name}: its log’s files: ${describeError(error)}`))
          .finally(() => {
            watched.timer = undefined
          })
      }, lookMs)
    }
    watched.watcher.on('error', (error) => log.error(`${name}: its log: ${describeError(error)}`))
    this.#watched.set(id, watched)
    // An earlier supervisor may have ended before conmon began a new file.
    lookSoon()
  }

  #end(id: string): void {
    const watched = this.#watched.get(id)
    watched?.watcher.close()
    clearTimeout(watched?.timer)
    this.#watched.delete(id)
  }
}
