import type { Log } from '../../journal/log.ts'
import type { Directories } from '../directories.ts'
import type { ExecSessions } from '../exec/sessions.ts'
import type { LogDriver } from '../runtime/conmon.ts'
import type { DebugSettings } from '../settings/settings.ts'
import type { Supervisor } from '../supervisor.ts'

/** What answers are made from. */
export type ApiContext = {
  readonly supervisor: Supervisor
  readonly execs: ExecSessions
  readonly directories: Directories
  readonly logDriver: LogDriver
  readonly version: string
  readonly debug: DebugSettings | undefined
  readonly log: Log
}
