import { supervisorErrors } from '../errors/supervisor.ts'
import { describeError, type Log } from '../journal/log.ts'
import type { Container } from './containers/container.ts'
import type { Lifecycle } from './containers/lifecycle.ts'
import type { ContainerStore } from './containers/store.ts'
import type { OrderedService } from './plan/stop-order.ts'
import { aborted, stopInOrder } from './stop-in-order.ts'

/** What there is to stop. */
export type Running = {
  readonly store: Pick<ContainerStore, 'all'>
  readonly lifecycle: Pick<Lifecycle, 'stop'>
  readonly log: Log
  readonly services: readonly OrderedService[]
  containersOf(key: string): readonly Container[]
  /** Resolves when the service's present step is done; no other one may follow. */
  idle(key: string): Promise<void>
}

/** Stops all containers of a host that goes down; see `Supervisor.stopContainers`. */
export async function stopForShutdown(running: Running, timeUp: AbortSignal): Promise<void> {
  const { services, log } = running
  timeUp.addEventListener('abort', () => tellLate(running), { once: true })
  const failures = await stopInOrder(services, (key) => stopService(running, key, timeUp), timeUp)
  for (const [key, error] of failures) log.error(`${key}: not stopped: ${describeError(error)}`)
  if (failures.size > 0)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINERS_LEFT', {
      services: [...failures.keys()].join(', '),
    })
  log.info('all containers have ended')
}

async function stopService(
  { containersOf, idle, lifecycle }: Running,
  key: string,
  timeUp: AbortSignal,
): Promise<void> {
  // It may just be starting one.
  await Promise.race([idle(key), aborted(timeUp)])
  const containers = containersOf(key).filter(({ state }) => state.status === 'running')
  await Promise.all(containers.map(({ id }) => lifecycle.stop(id, { timeUp, goesDown: true })))
}

function tellLate({ store, log }: Running): void {
  const left = store.all.filter(({ state }) => state.status === 'running')
  if (left.length === 0) return
  const names = left.map(({ name }) => name).join(', ')
  log.warning(`the time to stop containers is up, these are left: ${names}`)
}
