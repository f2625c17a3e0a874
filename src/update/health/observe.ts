import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { list, object, optional, text, texts } from '../../json/value.ts'
import { getJson } from '../../supervisor/api/client.ts'
import type { Baseline } from './baseline.ts'

export const supervisorSocket = '/run/slipway/supervisor.sock'

/** What the host is like now, in the terms of the baseline. Throws the errors of SLIPWAY_SUPERVISOR_*. */
export async function observeHost(socket = supervisorSocket): Promise<Baseline> {
  const [containers, { refusals }] = await Promise.all([
    listContainers(socket),
    declaredContainers(socket),
  ])
  const running = containers.filter(({ state }) => state === 'running')
  const runs = await Promise.all(running.map(({ id }) => containerRun(socket, id)))
  return {
    containers: running
      .filter((_, index) => runs[index] !== undefined && isWell(runs[index]))
      .map(({ name }) => name),
    interfaces: addressedInterfaces(),
    refusals: refusals.map(refusalKey),
  }
}

export type SeenContainer = {
  readonly id: string
  readonly name: string
  readonly state: string
}

/** All containers that the supervisor has a record of. */
export async function listContainers(socket: string): Promise<SeenContainer[]> {
  const answer = list(await getJson(socket, '/containers/json?all=1'), 'the list of containers')
  return answer.map((each, index) => {
    const where = `container ${index}`
    const { Id, Names, State } = object(each, where)
    const [name = ''] = texts(Names, `${where}.Names`)
    return {
      id: text(Id, `${where}.Id`),
      name: name.replace(/^\//, ''),
      state: text(State, `${where}.State`),
    }
  })
}

export type ContainerRun = {
  /** It changes when the container was started again. */
  readonly startedAt: string
  /** As its health check says: `starting`, `healthy`, `unhealthy`; `none` without one. */
  readonly health: string
}

/** Nothing says that it is ill, or not yet well. */
export function isWell({ health }: ContainerRun): boolean {
  return ['none', 'healthy'].includes(health)
}

/** A container's present run. */
export async function containerRun(socket: string, id: string): Promise<ContainerRun> {
  const { State } = object(await getJson(socket, `/containers/${id}/json`), 'the container')
  const { StartedAt, Health } = object(State, 'State')
  const health = optional(Health, 'State.Health', object)
  return {
    startedAt: text(StartedAt, 'State.StartedAt'),
    health: health === undefined ? 'none' : text(health.Status, 'State.Health.Status'),
  }
}

/** A container that stays because what was to take its place failed. */
export type SeenRefusal = {
  readonly container: string
  readonly reason: string
  /** As in RFC 3339. */
  readonly at: string
}

export type DeclaredContainers = {
  /** Whether they are there or not. */
  readonly names: ReadonlySet<string>
  /** Those whose place another is about to take. */
  readonly beingReplaced: ReadonlySet<string>
  readonly refusals: readonly SeenRefusal[]
}

/** The containers that the Compose files declare. */
export async function declaredContainers(socket: string): Promise<DeclaredContainers> {
  const status = object(await getJson(socket, '/slipway/status'), 'the status')
  const services = list(status.projects, 'projects').flatMap((each) => {
    const { name, services } = object(each, 'a project')
    return list(services, 'services').map((service) => {
      const { name: serviceName, container, successor } = object(service, 'a service')
      return {
        // Without a container there is the name that it would get.
        container:
          typeof container === 'string'
            ? container
            : `${text(name, 'name')}-${text(serviceName, 'name')}-1`,
        isBeingReplaced: typeof successor === 'string',
      }
    })
  })
  const replaced = services.filter(({ isBeingReplaced }) => isBeingReplaced)
  return {
    names: new Set(services.map(({ container }) => container)),
    beingReplaced: new Set(replaced.map(({ container }) => container)),
    refusals: list(status.refusals, 'refusals').map(seenRefusal),
  }
}

/** Tells one refusal from another in the baseline. */
export function refusalKey({ container, at }: SeenRefusal): string {
  return `${container} ${at}`
}

function seenRefusal(each: unknown): SeenRefusal {
  const { container, reason, at } = object(each, 'a refusal')
  return {
    container: text(container, 'container'),
    reason: text(reason, 'reason'),
    at: text(at, 'at'),
  }
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * Interfaces that have an address which leads somewhere, sorted. Those that containers bring (bridges and the
 * host's ends of their pairs) come and go with them.
 */
export function addressedInterfaces(all: Interfaces = networkInterfaces()): string[] {
  return Object.entries(all)
    .filter(([name]) => !/^(veth|slipway\d|br-[0-9a-f]{12}$)/.test(name))
    .filter(([, addresses]) => addresses?.some(leadsSomewhere))
    .map(([name]) => name)
    .sort()
}

function leadsSomewhere({ internal, address }: NetworkInterfaceInfo): boolean {
  return !internal && !/^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(address)
}
