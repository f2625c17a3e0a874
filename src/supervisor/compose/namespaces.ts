import { suggestion } from '../../checked-yaml/wording.ts'
import { some } from '../../json/some.ts'
import type { Namespaces } from '../containers/spec.ts'
import type { Fields } from './fields.ts'
import type { Service } from './service.ts'

export const namespaceKeys = ['network_mode', 'pid', 'ipc', 'uts', 'cgroup', 'userns_mode'] as const

type NamespaceFields = Fields<(typeof namespaceKeys)[number]>

/** Whose namespace is shared: a service of the project, or a container by its name or id. */
export type SharedMode = `service:${string}` | `container:${string}`

/** The namespaces of a container as they are declared, before it is known which container that is. */
export type DeclaredNamespaces = Omit<Namespaces, 'network' | 'pid' | 'ipc'> & {
  readonly network: Namespaces['network'] | SharedMode
  readonly pid?: Exclude<Namespaces['pid'], undefined> | SharedMode
  readonly ipc?: Exclude<Namespaces['ipc'], undefined> | SharedMode
}

/** The containers that namespaces are shared with, by their ids. */
export type Holders = Readonly<Record<SharedMode, string>>

/** Whom a service shares namespaces with, each once. */
export function sharedModes({ namespaces }: Pick<Service, 'namespaces'>): readonly SharedMode[] {
  const modes = [namespaces?.network, namespaces?.pid, namespaces?.ipc]
  return [...new Set(modes.filter(isShared))]
}

/** The services of the project that a service shares namespaces with. */
export function sharedServices(service: Pick<Service, 'namespaces'>): readonly string[] {
  return sharedModes(service).flatMap((mode) => serviceIn(mode) ?? [])
}

/** The name in `service:NAME`. */
export function serviceIn(mode: SharedMode): string | undefined {
  return mode.startsWith('service:') ? mode.slice('service:'.length) : undefined
}

/** The namespaces of a container, of whose modes those that are shared have become containers by their ids. */
export function withHolders(namespaces: DeclaredNamespaces, holders: Holders): Namespaces {
  const found = <Mode extends string>(mode: Mode) => {
    if (!isShared(mode)) return mode as Exclude<Mode, SharedMode>
    return `container:${holders[mode] ?? ''}` as const
  }
  const { network, pid, ipc, ...own } = namespaces
  return {
    ...own,
    network: found(network),
    ...some('pid', pid && found(pid)),
    ...some('ipc', ipc && found(ipc)),
  }
}

export function readNamespaces(
  fields: NamespaceFields,
  services: readonly string[],
  inactive: readonly string[],
): DeclaredNamespaces | undefined {
  const mode =
    <Mode extends string>(...modes: readonly Mode[]) =>
    (text: string): Mode | SharedMode => {
      if (!isShared(text)) return oneOf(...modes)(text, ['service:NAME', 'container:NAME'])
      const name = serviceIn(text)
      if (name === undefined || services.includes(name)) return text
      throw new RangeError(
        inactive.includes(name)
          ? `the profiles of the service ${name} are switched off`
          : `no such service in this file; ${suggestion(name, services)}`,
      )
    }
  const network = fields.parsed('network_mode', 'a mode', mode('bridge', 'host', 'none'))
  const pid = fields.parsed('pid', 'a mode', mode('host'))
  const ipc = fields.parsed('ipc', 'a mode', mode('private', 'host', 'none', 'shareable'))
  const uts = fields.parsed('uts', 'host', oneOf('host'))
  const cgroup = fields.parsed('cgroup', 'host or private', oneOf('private', 'host'))
  const user = fields.parsed('userns_mode', 'host', oneOf('host'))
  if ([network, pid, ipc, uts, cgroup, user].every((one) => one === undefined)) return undefined
  return {
    network: network ?? 'bridge',
    ...some('pid', pid),
    ...some('ipc', ipc),
    ...some('uts', uts),
    ...some('cgroup', cgroup),
    ...some('user', user),
  }
}

function isShared(mode: string | undefined): mode is SharedMode {
  return mode !== undefined && /^(?:service|container):./.test(mode)
}

function oneOf<Mode extends string>(
  ...modes: readonly Mode[]
): (text: string, more?: readonly string[]) => Mode {
  return (text, more = []) => {
    const mode = modes.find((name) => name === text)
    if (mode !== undefined) return mode
    throw new RangeError(`expected ${[...modes, ...more].join(', ')}, found "${text}"`)
  }
}
