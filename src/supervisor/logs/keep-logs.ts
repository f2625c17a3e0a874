import type { Log } from '../../journal/log.ts'
import type { Directories } from '../directories.ts'
import type { LogDriver } from '../runtime/conmon.ts'
import type { Settings } from '../settings/settings.ts'
import type { Supervisor } from '../supervisor.ts'
import type { ForwardCounts } from './forward/forwarder.ts'
import { Forwarding } from './forward/forwarding.ts'
import { LogRotation } from './rotation.ts'

export type KeptLogs = {
  /** By the name of the target. */
  readonly forwardCounts: ReadonlyMap<string, ForwardCounts>
  close(): Promise<void>
}

/** Keeps the files of containers' logs, and forwards the logs as the settings say, until it is closed. */
export async function keepLogs(
  supervisor: Supervisor,
  {
    settings,
    directories,
    logDriver,
    log,
  }: {
    readonly settings: Settings
    readonly directories: Directories
    readonly logDriver: LogDriver
    readonly log: Log
  },
): Promise<KeptLogs> {
  const { events, runtime, lifecycle } = supervisor
  const containers = () => supervisor.containers
  const rotation = new LogRotation({
    directories,
    events,
    get: (id) => containers().find((one) => one.id === id),
    running: containers().filter(({ state }) => state.status === 'running'),
    log,
  })
  const forwarding = await Forwarding.start({
    settings: settings.logs ?? new Map(),
    directories,
    events,
    journal: logDriver === 'journald',
    containers,
    outputsOf: (container) => runtime.logOutputs(container),
    endOf: (id) => lifecycle.runs.ended(id),
    log,
  })
  return {
    get forwardCounts() {
      return forwarding.counts
    },
    close: async () => {
      rotation.close()
      await forwarding.close()
    },
  }
}
