import type { MachineFacts } from '../../host/facts.ts'
import type { Log } from '../../journal/log.ts'
import type { Order, OrderAnswer } from '../../update/agent/orders.ts'
import type { UpdateStatus } from '../../update/status/status-of.ts'
import type { Directories } from '../directories.ts'
import type { HostServices } from '../discovery/host-services.ts'
import type { ExecSessions } from '../exec/sessions.ts'
import type { LogDriver } from '../runtime/conmon.ts'
import type { DebugSettings } from '../settings/settings.ts'
import type { Supervisor } from '../supervisor.ts'

/** What clients elsewhere may ask of a host beside its containers. */
export type HostDuties = {
  facts(): Promise<MachineFacts>
  /** Throws SLIPWAY_UPDATE_RUNNING_UNKNOWN, SLIPWAY_UPDATE_STATE_DAMAGED, SLIPWAY_UPDATE_STATE_NEWER. */
  updateStatus(): Promise<UpdateStatus>
  /** Throws SLIPWAY_UPDATE_ORDER_NOT_TAKEN. */
  orderUpdate(order: Order): Promise<OrderAnswer>
}

/** What answers are made from. */
export type ApiContext = {
  readonly supervisor: Supervisor
  readonly execs: ExecSessions
  readonly directories: Directories
  readonly logDriver: LogDriver
  readonly version: string
  readonly debug: DebugSettings | undefined
  readonly hostServices: HostServices
  readonly duties: HostDuties
  readonly log: Log
}
