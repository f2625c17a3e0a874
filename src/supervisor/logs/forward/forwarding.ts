import { closeSync, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { describeError, type Log } from '../../../journal/log.ts'
import type { Container } from '../../containers/container.ts'
import { containerPaths, type Directories } from '../../directories.ts'
import type { EventLog } from '../../events/event-log.ts'
import type { LogOutputs } from '../../runtime/conmon.ts'
import { type Writer, writerOf } from './entry.ts'
import { type ForwardCounts, Forwarder } from './forwarder.ts'
import { HttpTarget } from './http-target.ts'
import { PositionFile } from './positions.ts'
import type { ForwardSettings, TargetSettings } from './settings.ts'
import { SyslogTarget } from './syslog-target.ts'
import type { Target } from './target.ts'

export type ForwardingOptions = {
  readonly settings: ForwardSettings
  readonly directories: Directories
  readonly events: EventLog
  /** Whether containers may write to the journal. */
  readonly journal: boolean
  readonly containers: () => readonly Container[]
  readonly outputsOf: (container: Container) => LogOutputs
  /** Aborts when a container's present run has ended. */
  readonly endOf: (id: string) => AbortSignal
  readonly log: Log
}

/** Brings the output of all containers to each target of the settings, until it is closed. */
export class Forwarding {
  readonly #options: ForwardingOptions
  readonly #forwarders: ReadonlyMap<string, Forwarder>
  readonly #closing = new AbortController()

  private constructor(options: ForwardingOptions, forwarders: ReadonlyMap<string, Forwarder>) {
    this.#options = options
    this.#forwarders = forwarders
  }

  static async start(options: ForwardingOptions): Promise<Forwarding> {
    const { settings, directories, containers, log } = options
    const forwarders = new Map<string, Forwarder>()
    for (const [name, target] of settings) {
      const path = `${directories.state}/log-positions/${name}.json`
      const positions = await PositionFile.open(path, new Date())
      positions.keepOnly(new Set(containers().map(({ id }) => id)))
      forwarders.set(name, new Forwarder(name, targetOf(target), positions, log))
    }
    const forwarding = new Forwarding(options, forwarders)
    forwarding.#begin()
    return forwarding
  }

  /** By the name of the target. */
  get counts(): ReadonlyMap<string, ForwardCounts> {
    return new Map([...this.#forwarders].map(([name, { counts }]) => [name, counts]))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#forwarders.values()].map((forwarder) => forwarder.close()))
  }

  #begin(): void {
    if (this.#forwarders.size === 0) return
    const { containers, events, journal } = this.#options
    for (const container of containers()) this.#follow(container)
    events.listen(({ type, action, id }) => {
      if (type !== 'container') return
      const container = containers().find((one) => one.id === id)
      if (action === 'start' && container !== undefined) this.#follow(container)
      if (action === 'destroy')
        for (const forwarder of this.#forwarders.values()) forwarder.removed(id)
    }, this.#closing.signal)
    if (!journal) return
    for (const forwarder of this.#forwarders.values())
      forwarder.followJournal(({ id, name }) => this.#writerInJournal(id, name))
  }

  /** Undefined for one whose files are read, or whose output is not to be kept. */
  #writerInJournal(id: string, name: string): Writer | undefined {
    const container = this.#options.containers().find((one) => one.id === id)
    // It was removed, and its last lines come only now.
    if (container === undefined) return { id, name, image: '' }
    return this.#options.outputsOf(container).journal ? writerOf(container) : undefined
  }

  #follow(container: Container): void {
    const { outputsOf, directories, endOf, log } = this.#options
    const { id, name, spec, state } = container
    if (spec.log?.driver === 'none' || outputsOf(container).journal) return
    const path = containerPaths(directories, id).logFile
    for (const forwarder of this.#forwarders.values())
      try {
        forwarder.follow({
          writer: writerOf(container),
          path,
          open: held(path),
          ended: state.status === 'running' ? endOf(id) : AbortSignal.abort(),
        })
      } catch (error) {
        log.error(`${name}: its log is not forwarded: ${describeError(error)}`)
      }
  }
}

function targetOf(settings: TargetSettings): Target {
  return settings.type === 'syslog' ? new SyslogTarget(settings) : new HttpTarget(settings)
}

/** Opens a file at once, before somebody can remove it, for whoever reads it later. */
function held(path: string): () => Promise<FileHandle> {
  const descriptor = openSync(path, 'r')
  return async () => {
    try {
      return await open(`/proc/self/fd/${descriptor}`, 'r')
    } finally {
      closeSync(descriptor)
    }
  }
}
