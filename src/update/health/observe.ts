import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { list, object, text, texts } from '../../json/value.ts'
import { getJson } from '../../supervisor/api/client.ts'
import type { Baseline } from './baseline.ts'

export const supervisorSocket = '/run/slipway/supervisor.sock'

/** What the host is like now, in the terms of the baseline. Throws the errors of SLIPWAY_SUPERVISOR_*. */
export async function observeHost(socket = supervisorSocket): Promise<Baseline> {
  const containers = await listContainers(socket)
  return {
    containers: containers.filter(({ state }) => state === 'running').map(({ name }) => name),
    interfaces: addressedInterfaces(),
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

/** When a container's present run began: it changes when the container was started again. */
export async function startedAt(socket: string, id: string): Promise<string> {
  const { State } = object(await getJson(socket, `/containers/${id}/json`), 'the container')
  return text(object(State, 'State').StartedAt, 'State.StartedAt')
}

/** Names of the containers that the Compose files declare, whether they are there or not. */
export async function declaredContainers(socket: string): Promise<Set<string>> {
  const { projects } = object(await getJson(socket, '/slipway/status'), 'the status')
  const names = list(projects, 'projects').flatMap((each) => {
    const { name, services } = object(each, 'a project')
    return list(services, 'services').map((service) => {
      const { name: serviceName, container } = object(service, 'a service')
      // Without a container there is the name that it would get.
      return typeof container === 'string'
        ? container
        : `${text(name, 'name')}-${text(serviceName, 'name')}-1`
    })
  })
  return new Set(names)
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
