import { watch } from 'node:fs'
import { isAbsence } from '../files/absence.ts'
import { describeError, type Log } from '../journal/log.ts'
import type { Lifecycle } from './containers/lifecycle.ts'
import type { ContainerStore } from './containers/store.ts'
import { hostResolvConf } from './runtime/etc-files.ts'
import type { Runtime } from './runtime/runtime.ts'

/** conmon may have been killed: then no exit file tells of the container's end. */
const livenessIntervalMs = 2_000
/** The kernel gives numbers of processes again: every so many rounds each is looked at closely. */
const closeLookRounds = 5
/** A container that starts while the host's name servers change may have written the old ones just after. */
const refreshRounds = 2

export type WatchingOptions = {
  readonly store: ContainerStore
  readonly lifecycle: Lifecycle
  readonly runtime: Runtime
  readonly log: Log
}

/** Notices how containers that run end, and what changes around them. */
export class Watching {
  readonly #options: WatchingOptions
  readonly #closing = new AbortController()
  #interval: NodeJS.Timeout | undefined
  #round = 0
  #nameServers: string | undefined
  #refreshesLeft = refreshRounds

  constructor(options: WatchingOptions) {
    this.#options = options
  }

  begin(): void {
    const { store, runtime } = this.#options
    const { signal } = this.#closing
    watch(runtime.exitDirectory, { signal }, (_event, id) => {
      // conmon gives the finished file its name, the container's id.
      if (id !== null && store.get(id) !== undefined) void this.#observe(id)
    })
    this.#interval = setInterval(() => {
      this.#round += 1
      const isClose = this.#round % closeLookRounds === 0
      for (const { id, state } of store.all)
        if (state.status === 'running' && (isClose || !isInUse(state.process?.pid)))
          void this.#observe(id)
      void this.#refreshNameServers()
      void this.#reviveNameServer()
    }, livenessIntervalMs)
  }

  close(): void {
    this.#closing.abort()
    clearInterval(this.#interval)
  }

  async #observe(id: string): Promise<void> {
    const { store, lifecycle, log } = this.#options
    try {
      await lifecycle.observe(id)
    } catch (error) {
      const name = store.get(id)?.name ?? id
      log.error(`the end of container ${name}: ${describeError(error)}`)
    }
  }

  async #reviveNameServer(): Promise<void> {
    const { runtime, log } = this.#options
    try {
      if (await runtime.connections.reviveNameServer())
        log.warning('the server of names had ended, and was started again')
    } catch (error) {
      log.error(`the server of names: ${describeError(error)}`)
    }
  }

  async #refreshNameServers(): Promise<void> {
    const { store, runtime, log } = this.#options
    const nameServers = await hostResolvConf()
    if (nameServers !== this.#nameServers) this.#refreshesLeft = refreshRounds
    this.#nameServers = nameServers
    if (this.#refreshesLeft === 0) return
    this.#refreshesLeft -= 1
    const running = store.all.filter(({ state }) => state.status === 'running')
    for (const container of running)
      try {
        await runtime.connections.refreshNameServers(container)
      } catch (error) {
        // It may have ended just now, and its files with it.
        if (!isAbsence(error))
          log.warning(`${container.name}: name servers: ${describeError(error)}`)
      }
  }
}

/** Whether some process has this number. */
function isInUse(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
