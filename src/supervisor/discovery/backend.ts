import type { Service } from './service.ts'
import type { Registered } from './steps.ts'

/** Where services of many hosts are kept. Every method throws the errors of SLIPWAY_DISCOVERY_*. */
export type Backend = {
  /** As logs call it, with its address. */
  readonly title: string
  /** How often it wants to hear that this host is there. */
  readonly heartbeatMs: number
  /** What it should have of these; one without health has no use for those that are not well. */
  wanted(services: readonly Service[]): readonly Service[]
  /** What it has of this host, of an earlier supervisor too. */
  registered(signal: AbortSignal): Promise<ReadonlyMap<string, Registered>>
  /** Makes a service known, or known anew, with its health. */
  register(service: Service, signal: AbortSignal): Promise<void>
  /** No harm when it is not there any more. */
  deregister(id: string, signal: AbortSignal): Promise<void>
  /** Says how a registered service is. */
  report(service: Service, signal: AbortSignal): Promise<void>
  /** Says that this host and these registered services are there; false when the backend has lost them. */
  keepAlive(services: readonly Service[], signal: AbortSignal): Promise<boolean>
}
